import { spawn, type ChildProcess } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** An emulator in a process of its own. */
export interface BatchProcess {
  url: string;
  account: string;
  key: string;
  child: ChildProcess;
  /** What it has written to stderr so far. */
  errors: () => string;
  /** Resolves when the process is gone. */
  ended: Promise<void>;
  /** Sends a signal and waits until the process is gone. */
  end(signal: NodeJS.Signals): Promise<void>;
}

const program = join(process.cwd(), 'local/batch/main.ts');

/** Starts `local/batch/main.ts` and waits until it is ready; rejects with what it wrote when it ends before. */
export async function spawnBatch(
  dataDir: string,
  flags: readonly string[] = [],
  command: readonly string[] = [],
): Promise<BatchProcess> {
  const [file, ...args] = [
    ...command,
    process.execPath,
    program,
    '--json',
    '--exit-with-parent',
    `--data-dir=${dataDir}`,
    ...flags,
  ];
  const child = spawn(file!, args, { stdio: ['pipe', 'pipe', 'pipe'] });
  let errors = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text));
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const line = await Promise.race([
    new Promise<string>((resolve) =>
      createInterface({ input: child.stdout }).once('line', (text) => resolve(text)),
    ),
    ended.then(() => undefined),
  ]);
  if (line === undefined) throw new Error(errors);
  const { url, account, key } = JSON.parse(line) as Record<'url' | 'account' | 'key', string>;
  return {
    url,
    account,
    key,
    child,
    errors: () => errors,
    ended,
    async end(signal) {
      child.kill(signal);
      await ended;
    },
  };
}

/** Processes that run now and whose environment names a directory. */
export function processesOf(directory: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .map(Number)
    .filter((pid) => {
      try {
        const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
        const state = stat.slice(stat.lastIndexOf(')') + 2, stat.lastIndexOf(')') + 3);
        const environment = readFileSync(`/proc/${pid}/environ`, 'latin1');
        return state !== 'Z' && environment.includes(directory);
      } catch {
        return false;
      }
    });
}
