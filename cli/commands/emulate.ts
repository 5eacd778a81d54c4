import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { startBatchEmulator, type BatchEmulator } from '../../local/batch/start.ts';
import { CliError, codeOf, EXIT, type ExitCode, messageOf } from '../errors.ts';
import { COMMAND } from '../package-root.ts';
import { untilInterrupted } from '../terminal/interrupt.ts';

export interface EmulateBatchOptions {
  port: number;
  account?: string;
  key?: string;
  bearer?: boolean;
  dataDir: string;
  json?: boolean;
  admin?: boolean;
  /** Name of a JSON file. */
  faults?: string;
  /** Name of a JSON file. */
  simulate?: string;
  virtualTime?: boolean;
}

/** Runs the Azure Batch emulator alone, until Ctrl-C or SIGTERM; a second one ends it at once. */
export async function emulateBatch({ json, ...options }: EmulateBatchOptions): Promise<ExitCode> {
  const interrupted = untilInterrupted();
  const emulator = await start(options);
  try {
    const { url, account, key } = emulator;
    const lines = json ? JSON.stringify({ ready: true, url, account, key }) : banner(emulator);
    process.stdout.write(`${lines}\n`);
    if (!interrupted.signal.aborted) await once(interrupted.signal, 'abort');
  } finally {
    await emulator.close();
    interrupted.close();
  }
  return EXIT.done;
}

async function start({
  faults,
  simulate,
  ...options
}: Omit<EmulateBatchOptions, 'json'>): Promise<BatchEmulator> {
  const knobs = {
    ...(faults !== undefined && { faults: readJson('--faults', faults) }),
    ...(simulate !== undefined && { simulation: readJson('--simulate', simulate) }),
  };
  try {
    return await startBatchEmulator({ ...options, ...knobs });
  } catch (cause) {
    if (codeOf(cause) !== 'EADDRINUSE') throw new CliError(messageOf(cause), { cause });
    throw new CliError(`Port ${options.port} of 127.0.0.1 is in use.`, {
      next: `Stop what uses it, or take another one: ${COMMAND} emulate batch --port 0`,
      cause,
    });
  }
}

function readJson(option: string, file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (cause) {
    throw new CliError(`${option} ${file} cannot be read: ${messageOf(cause)}`, { cause });
  }
}

function banner({ url, account, key }: BatchEmulator): string {
  return `Azure Batch emulator
  url      ${url}
  account  ${account}
  key      ${key}
Try it: az batch pool list --account-name ${account} --account-endpoint ${url} --account-key ${key}
Ctrl-C stops it.`;
}
