import { parseArgs } from 'node:util';
import { errorText, HostError } from './app/errors.ts';
import { startFunctionsHost, type FunctionsHost } from './start.ts';

const usage = `Usage: node local/host/main.ts APPDIR --data-dir DIR [options]

Serves an Azure Functions v4 Node app with Durable Functions, without Azure.

  --port N             port on 127.0.0.1; 0, the default, takes a free one
  --data-dir DIR       where orchestrations and timers are kept
  --auth               ask for keys, kept in the data directory
  --watch              load the app anew when its files change
  --functions GLOB     files to load, in place of "main" in the app's package.json
  --exit-with-parent   end when standard input ends
  --json               print one JSON line on standard output when ready`;

/** How long an ordered end may take before it is forced, in milliseconds. */
const endingTime = 2_000;

/** Runs the host from the command line. */
export async function main(args: string[]): Promise<void> {
  const flags = parseFlags(args);
  const host = await startFunctionsHost(flags);
  endWhenAsked(host, flags.exitWithParent);
  const ready = { ready: true, url: host.url, functions: host.functions() };
  const text = `The Functions host listens on ${host.url}`;
  process.stdout.write(`${flags.json ? JSON.stringify(ready) : text}\n`);
}

interface Flags {
  appDirectory: string;
  dataDirectory: string;
  port: number;
  auth: boolean;
  watch: boolean;
  functions: string | undefined;
  exitWithParent: boolean;
  json: boolean;
}

function parseFlags(args: string[]): Flags {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      port: { type: 'string', default: '0' },
      auth: { type: 'boolean', default: false },
      watch: { type: 'boolean', default: false },
      'data-dir': { type: 'string' },
      functions: { type: 'string' },
      'exit-with-parent': { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
    },
  });
  const [appDirectory, ...others] = positionals;
  const port = Number(values.port);
  if (!appDirectory || others.length > 0) throw new HostError(`Expected one APPDIR.\n\n${usage}`);
  if (!values['data-dir']) throw new HostError(`--data-dir is missing.\n\n${usage}`);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new HostError(`--port is "${values.port}"; expected a number from 0 to 65535.`);
  }
  return {
    appDirectory,
    dataDirectory: values['data-dir'],
    port,
    auth: values.auth,
    watch: values.watch,
    functions: values.functions,
    exitWithParent: values['exit-with-parent'],
    json: values.json,
  };
}

function endWhenAsked(host: FunctionsHost, exitWithParent: boolean): void {
  let ending = false;
  const end = (): void => {
    if (ending) return;
    ending = true;
    setTimeout(() => process.exit(1), endingTime).unref();
    void host.close().then(
      () => process.exit(0),
      (error: unknown) => {
        process.stderr.write(`${errorText(error)}\n`);
        process.exit(1);
      },
    );
  };
  process.on('SIGTERM', end);
  process.on('SIGINT', end);
  if (!exitWithParent) return;
  process.stdin.on('end', end).on('error', end).resume();
}

if (import.meta.main) {
  try {
    await main(process.argv.slice(2));
  } catch (error) {
    process.stderr.write(`${errorText(error)}\n`);
    process.exit(1);
  }
}
