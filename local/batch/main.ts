import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { defaultKey } from './account.ts';
import { startBatchEmulator } from './start.ts';
import { startTimer } from './time/timer.ts';

const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '0' },
    'data-dir': { type: 'string' },
    account: { type: 'string' },
    key: { type: 'string' },
    bearer: { type: 'boolean', default: false },
    'max-task-processes': { type: 'string' },
    admin: { type: 'boolean', default: false },
    faults: { type: 'string' },
    simulate: { type: 'string' },
    'virtual-time': { type: 'boolean', default: false },
    'exit-with-parent': { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
});

try {
  await main();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}

async function main(): Promise<void> {
  const dataDir = values['data-dir'];
  if (dataDir === undefined) {
    throw new Error('--data-dir is missing: give a directory that keeps the state.');
  }
  const processes = values['max-task-processes'];
  const emulator = await startBatchEmulator({
    dataDir,
    port: wholeNumber('--port', values.port, 0),
    ...(values.account !== undefined && { account: values.account }),
    ...(values.key !== undefined && { key: values.key }),
    ...(processes !== undefined && {
      maxTaskProcesses: wholeNumber('--max-task-processes', processes, 1),
    }),
    admin: values.admin,
    bearer: values.bearer,
    virtualTime: values['virtual-time'],
    ...(values.faults !== undefined && { faults: readJson('--faults', values.faults) }),
    ...(values.simulate !== undefined && { simulation: readJson('--simulate', values.simulate) }),
  });
  const { url, account, key } = emulator;
  const ready = values.json
    ? JSON.stringify({ ready: true, url, account, key })
    : `Azure Batch emulator: ${url} account ${account} key ${key === defaultKey ? key : 'as given'}`;
  process.stdout.write(`${ready}\n`);
  const stop = (): void => void exitAfter(emulator.close());
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
  if (values['exit-with-parent']) process.stdin.on('end', stop).on('error', stop).resume();
}

async function exitAfter(closed: Promise<void>): Promise<void> {
  // Tasks whose processes resist must not keep this one: the next start finds and kills them.
  startTimer(2000, () => process.exit(1));
  await closed;
  process.exit(0);
}

function readJson(name: string, file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new Error(`${name} ${file} cannot be read: ${String(error)}`, { cause: error });
  }
}

function wholeNumber(name: string, text: string, least: number): number {
  const number = Number(text);
  if (Number.isInteger(number) && number >= least) return number;
  throw new Error(`${name} must be a whole number of at least ${least}, not ${text}.`);
}
