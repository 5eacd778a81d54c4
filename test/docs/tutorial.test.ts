import { spawnSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Sluice, startSluice, temporaryFolder } from '../e2e/harness.ts';

const folder = temporaryFolder();
let sluice: Sluice;

beforeAll(async () => {
  sluice = await startSluice();
});
afterAll(async () => {
  await sluice.close();
  rmSync(folder, { recursive: true, force: true });
});

const page = readFileSync('docs/tutorial.md', 'utf8');
const blocks = [...page.matchAll(/^```console\n([^]*?)^```/gm)].map(([, block]) => block!);
/** Each command of the page with what the page says that it prints. */
const steps = blocks.flatMap((block) =>
  block
    .split(/^\$ /m)
    .slice(1)
    .map((step) => {
      const [command = '', ...shown] = step.trimEnd().split('\n');
      return { command, shown: shown.join('\n') };
    }),
);

test('the tutorial prints what its page shows', () => {
  expect(steps.length).toBeGreaterThan(10);
  for (const { command, shown } of steps) {
    const printed = type(command);
    expect(`$ ${command}\n${printed}`).toMatch(patternOf(command, shown));
  }
});

test('a line that is not on the page is a difference', () => {
  const pattern = patternOf('ls', 'one\n…\ntwo');
  expect('$ ls\none\nany\ntwo').toMatch(pattern);
  expect('$ ls\none\nany\nthree').not.toMatch(pattern);
  expect('$ ls\nmore\none\ntwo').not.toMatch(pattern);
});

/** Types a command into a shell in which `npx sluice` is this version. */
function type(command: string): string {
  const main = join(import.meta.dirname, '..', '..', 'cli', 'main.ts');
  const shell = `exec 2>&1; npx() { shift; "$NODE" "$MAIN" "$@"; }\n${command}`;
  const { stdout } = spawnSync('bash', ['-c', shell], {
    cwd: folder,
    encoding: 'utf8',
    env: {
      ...process.env,
      NODE: process.execPath,
      MAIN: main,
      NO_COLOR: '1',
      SLUICE_URL: sluice.urls.api,
    },
  });
  return normal(stdout);
}

/** Without what differs from run to run, and however the command line was started. */
function normal(text: string): string {
  return text
    .replaceAll(/\b\d+:\d\d\b/g, '0:00')
    .replaceAll(/-\d{12}-[0-9a-f]{12}/g, '-ID')
    .replaceAll('npx sluice', 'sluice')
    .trimEnd();
}

/** What was shown, to the letter, where a line of `…` is any lines. */
function patternOf(command: string, shown: string): RegExp {
  const whole = escaped(`$ ${command}\n${normal(shown)}`);
  return new RegExp(`^${whole.replaceAll('…\n', '(?:.*\n)*').replaceAll('…', '[^]*')}$`);
}

function escaped(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}
