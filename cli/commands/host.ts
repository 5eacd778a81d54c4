import { once } from 'node:events';
import { join, resolve } from 'node:path';
import { errorText, HostError } from '../../local/host/app/errors.ts';
import { startFunctionsHost, type FunctionsHost } from '../../local/host/start.ts';
import { CliError, EXIT, type ExitCode } from '../errors.ts';
import { hostLines } from '../host/banner.ts';
import { VERSION } from '../package-root.ts';
import { untilInterrupted } from '../terminal/interrupt.ts';
import { renderSpans, wantsColor } from '../terminal/spans.ts';

export interface HostOptions {
  port?: number;
  dataDir?: string;
  functions?: string;
  auth?: boolean;
  watch?: boolean;
  json?: boolean;
}

/** Serves a Functions app until Ctrl-C or SIGTERM; a second one ends it at once. */
export async function host(directory: string, options: HostOptions): Promise<ExitCode> {
  const interrupted = untilInterrupted();
  const begun = performance.now();
  const dataDirectory = resolve(options.dataDir ?? join(directory, '.sluice', 'host'));
  const running = await start(directory, dataDirectory, options);
  try {
    if (options.json) announce(running);
    else {
      greet(running, { directory, dataDirectory, options, readyMs: performance.now() - begun });
    }
    if (!interrupted.signal.aborted) await once(interrupted.signal, 'abort');
  } finally {
    await running.close();
    interrupted.close();
  }
  return EXIT.done;
}

async function start(
  appDirectory: string,
  dataDirectory: string,
  { port, functions, auth = false, watch = false }: HostOptions,
): Promise<FunctionsHost> {
  try {
    return await startFunctionsHost({ appDirectory, dataDirectory, port, functions, auth, watch });
  } catch (cause) {
    if (cause instanceof HostError) throw new CliError(errorText(cause));
    throw cause;
  }
}

function announce(running: FunctionsHost): void {
  const ready = { ready: true, url: running.url, functions: running.functions() };
  process.stdout.write(`${JSON.stringify(ready)}\n`);
}

interface Begun {
  directory: string;
  dataDirectory: string;
  options: HostOptions;
  readyMs: number;
}

function greet(
  running: FunctionsHost,
  { directory, dataDirectory, options, readyMs }: Begun,
): void {
  const columns = process.stdout.isTTY ? process.stdout.columns : Number.POSITIVE_INFINITY;
  const lines = hostLines({
    version: VERSION,
    appDirectory: directory,
    dataDirectory,
    url: running.url,
    functions: running.functions(),
    auth: options.auth ?? false,
    watch: options.watch ?? false,
    readyMs,
  });
  for (const line of lines) {
    process.stdout.write(`${renderSpans(line, columns, wantsColor(process.stdout))}\n`);
  }
}
