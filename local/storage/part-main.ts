/** What a part tells its supervisor when it is ready, and how it is stopped. */
export interface RunningPart {
  url: string;
  close(): Promise<void>;
}

export interface PartOptions {
  json: boolean;
  exitWithParent: boolean;
}

const FORCED_EXIT_MS = 2000;

/**
 * Runs a part as the process it is alone in: one ready line on stdout, and a clean end (exit code 0) on SIGTERM,
 * SIGINT or, with `exitWithParent`, at the end of stdin; by force after 2 s.
 */
export async function runPart(start: () => Promise<RunningPart>, options: PartOptions) {
  const { exitWithParent, json } = options;
  try {
    const { close, ...facts } = await start();
    const end = endOnce(close);
    process.once('SIGTERM', end).once('SIGINT', end);
    if (exitWithParent) endWithStdin(end);
    process.stdout.write(
      json ? `${JSON.stringify({ ready: true, ...facts })}\n` : `ready: ${facts.url}\n`,
    );
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(1);
  }
}

function endOnce(close: () => Promise<void>): () => void {
  let ending = false;
  return () => {
    if (ending) return;
    ending = true;
    setTimeout(() => process.exit(1), FORCED_EXIT_MS).unref();
    close().then(
      () => process.exit(0),
      (error: unknown) => {
        process.stderr.write(`Could not close cleanly: ${String(error)}\n`);
        process.exit(1);
      },
    );
  };
}

function endWithStdin(end: () => void) {
  process.stdin.resume();
  process.stdin.once('end', end).once('close', end).once('error', end);
}
