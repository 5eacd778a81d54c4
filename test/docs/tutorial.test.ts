import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';

const page = readFileSync('docs/tutorial.md', 'utf8');

/** What the page types, and what it shows below. */
const steps = [...page.matchAll(/```console\n([\s\S]+?)```/g)].flatMap(([, block = '']) =>
  block
    .split(/^\$ /m)
    .slice(1)
    .map((step) => {
      const [command = '', ...shown] = step.trimEnd().split('\n');
      return [command, shown] as const;
    }),
);

let folder = '';
let stack: ChildProcess | undefined;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-tutorial-'));
});
afterAll(async () => {
  if (stack && stack.exitCode === null) {
    const ended = new Promise((done) => stack?.once('exit', done));
    stack.kill('SIGTERM');
    await ended;
  }
  rmSync(folder, { recursive: true, force: true });
});

// One after the other, as a person types them; each builds on what those before have left.
test('the page has its commands', () => {
  expect(steps.length).toBeGreaterThan(15);
});

test.each(steps)('%s', async (command, shown) => {
  const printed = command === 'sluice dev' ? await startStack() : await typed(command);
  const [expected, lines] = [bare(shown), bare(printed.split('\n'))];
  expect(matches(expected, lines) ? expected : lines).toEqual(expected);
});

test('what is shown must be what is printed, but for times, ids and what is left out', () => {
  const shown = ['a', '…', ' 0:02  words-261125125200-e41b0de23b97  z'];
  expect(matches(bare(shown), bare(['a', 'b', '0:13 words-270101000000-0123456789ab z']))).toBe(
    true,
  );
  expect(matches(bare(shown), bare(['a', '0:13 words-270101000000-0123456789ab y']))).toBe(false);
  expect(matches(bare(['24']), bare(['24', 'more']))).toBe(false);
  expect(matches(bare(['24']), bare([]))).toBe(false);
});

/** Both streams of a command in the order in which they were written. */
function typed(command: string): Promise<string> {
  const child = run(command);
  let printed = '';
  child.stdout?.on('data', (text: Buffer) => (printed += text.toString()));
  return new Promise((done, fail) => {
    child.on('error', fail);
    child.on('close', () => done(printed));
  });
}

/** Starts what stays, and waits until it has said that it is there. */
function startStack(): Promise<string> {
  const child = run('exec sluice dev');
  stack = child;
  let printed = '';
  return new Promise((done, fail) => {
    child.on('exit', () => fail(new Error(`sluice dev has ended: ${printed}`)));
    child.stdout?.on('data', (text: Buffer) => {
      printed += text.toString();
      if (printed.includes('Ctrl-C')) done(printed);
    });
  });
}

function run(command: string): ChildProcess {
  const cli = `'${process.execPath}' '${resolve('cli/bin.js')}'`;
  const line = command.replace(/^(exec )?sluice /, `$1${cli} `);
  return spawn('bash', ['-c', `{ ${line}\n} 2>&1`], {
    cwd: folder,
    env: { ...process.env, NO_COLOR: '1', SLUICE_URL: undefined },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
}

/** Lines without what differs from run to run, and without how columns are aligned. */
function bare(lines: readonly string[]): string[] {
  return lines
    .map((line) =>
      line
        .replaceAll(/-\d{12}-[0-9a-f]{12}/g, '-ID')
        .replaceAll(/\b\d+:\d\d\b/g, 'TIME')
        .replaceAll(/ready in [\d.]+ s/g, 'ready in TIME')
        .replaceAll(/ +/g, ' ')
        .trim(),
    )
    .filter((line) => line !== '');
}

/** Whether the lines are those shown, where `…` stands for any number of lines. */
function matches([first, ...shown]: string[], printed: string[]): boolean {
  if (first === undefined) return printed.length === 0;
  if (first !== '…') return first === printed[0] && matches(shown, printed.slice(1));
  return [...printed.keys(), printed.length].some((at) => matches(shown, printed.slice(at)));
}
