import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runCli } from '../cli.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-completion-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

async function scriptFor(shell: string): Promise<string> {
  const { code, stdout } = await runCli(['completion', shell]);
  expect(code).toBe(0);
  const file = join(folder, shell);
  writeFileSync(file, stdout);
  return file;
}

const missing = (shell: string) => spawnSync(shell, ['--version']).status !== 0;
const skipped = (shell: string) => (missing(shell) ? ` (skipped: ${shell} is not here)` : '');

/** What bash itself offers for the words, the last of which is being typed. */
function bashOffers(script: string, words: string[]): string[] {
  const code = `source "$1"; shift
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _sluice
printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { stdout, stderr } = spawnSync('bash', ['--norc', '-euc', code, 'bash', script, ...words], {
    encoding: 'utf8',
  });
  expect(stderr).toBe('');
  return stdout.split('\n').filter(Boolean);
}

describe.skipIf(missing('bash'))(`bash completes${skipped('bash')}`, () => {
  let script: string;
  beforeAll(async () => {
    script = await scriptFor('bash');
  });

  test.each([
    ['sluice st', ['status']],
    ['sluice re', ['resume', 'retry']],
    ['sluice emulate ', ['batch']],
    ['sluice emulate batch --adm', ['--admin']],
    ['sluice outputs latest --down', ['--download']],
    ['sluice logs --st', ['--stdout', '--stderr']],
    ['sluice completion ', ['bash', 'zsh', 'fish']],
    ['sluice apply ', []],
    ['sluice --ver', ['--version']],
    // An argument that is called like a command leads nowhere.
    ['sluice status emulate ba', []],
  ])('%j', (line, offers) => {
    expect(bashOffers(script, line.split(' '))).toEqual(offers);
  });

  test('and registers itself', () => {
    const code = 'source "$1"; complete -p sluice';
    const { stdout } = spawnSync('bash', ['--norc', '-c', code, 'bash', script], {
      encoding: 'utf8',
    });
    expect(stdout).toBe('complete -o default -F _sluice sluice\n');
  });
});

describe.skipIf(missing('fish'))(`fish completes${skipped('fish')}`, () => {
  test.each([
    ['sluice st', ['status']],
    ['sluice emulate ba', ['batch']],
    ['sluice outputs --down', ['--download']],
    ['sluice completion z', ['zsh']],
  ])('%j', async (line, offers) => {
    const script = await scriptFor('fish');
    const code = `source ${script}; complete -C '${line}'`;
    const { stdout } = spawnSync('fish', ['--no-config', '-c', code], { encoding: 'utf8' });
    const words = stdout.split('\n').filter(Boolean);
    expect(words.map((word) => word.split('\t')[0])).toEqual(offers);
  });
});

describe.skipIf(missing('zsh'))(`zsh${skipped('zsh')}`, () => {
  test('completes', async () => {
    const script = await scriptFor('zsh');
    // Stands for zsh's own functions, which need a line editor, and says what they would offer.
    const code = `_describe() { print -l -- "\${(P@)2}" } ; _files() { print files }
autoload() { } ; words=("\${@:2}"); CURRENT=$(( $# - 1 )); source "$1"`;
    const offers = (...words: string[]) =>
      spawnSync('zsh', ['-f', '-c', code, 'zsh', script, ...words], { encoding: 'utf8' });
    expect(offers('sluice', 'completion', '')).toMatchObject({
      stderr: '',
      stdout: 'bash\nzsh\nfish\n',
    });
    expect(offers('sluice', 'emulate', '').stdout).toMatch(/^batch:start the Azure Batch/);
    expect(offers('sluice', 'outputs', '-').stdout).toContain('--download:write them to');
    expect(offers('sluice', 'apply', '').stdout).toBe('files\n');
  });
});

test('an unknown shell is refused with those there are', async () => {
  const { code, stderr } = await runCli(['completion', 'csh']);
  expect(stderr).toContain('Allowed choices are bash, zsh, fish.');
  expect(code).toBe(2);
});
