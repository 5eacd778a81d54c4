import { once } from 'node:events';
import { EXIT, type ExitCode } from '../errors.ts';
import { COMMAND, DEFAULT_DATA_DIR, VERSION } from '../package-root.ts';
import { bannerLines, type FunctionSummary } from '../stack/banner.ts';
import { launchStack, type Stack } from '../stack/launch.ts';
import { untilInterrupted } from '../terminal/interrupt.ts';
import { renderSpans, wantsColor } from '../terminal/spans.ts';

export interface DevOptions {
  dataDir: string;
  port?: number;
  json?: boolean;
}

/** Runs the local stack until Ctrl-C or SIGTERM; a second one ends it at once, and its parts end by themselves. */
export async function dev({ dataDir, port, json }: DevOptions): Promise<ExitCode> {
  const interrupted = untilInterrupted();
  const begun = performance.now();
  const log = (line: string) => process.stderr.write(`${line}\n`);
  const stack = await launchStack({ dataDir, port, log });
  try {
    if (json) announce(stack);
    else await greet(stack, dataDir, performance.now() - begun);
    if (!interrupted.signal.aborted) await once(interrupted.signal, 'abort');
    if (!json) log('stopping');
  } finally {
    await stack.close();
    interrupted.close();
  }
  return EXIT.done;
}

function announce({ urls }: Stack): void {
  const { api, blob, batch, eventGrid } = urls;
  process.stdout.write(
    `${JSON.stringify({ ready: true, urls: { api, blob, batch, eventGrid } })}\n`,
  );
}

async function greet({ urls }: Stack, dataDir: string, readyMs: number): Promise<void> {
  const response = await fetch(`${urls.host}/admin/functions`);
  const functions = (await response.json()) as FunctionSummary[];
  const facts = {
    version: VERSION,
    command: COMMAND,
    defaultDataDir: DEFAULT_DATA_DIR,
    urls,
    dataDir,
    functions,
    readyMs,
  };
  const columns = process.stdout.isTTY ? process.stdout.columns : Number.POSITIVE_INFINITY;
  for (const line of bannerLines(facts)) {
    process.stdout.write(`${renderSpans(line, columns, wantsColor(process.stdout))}\n`);
  }
}
