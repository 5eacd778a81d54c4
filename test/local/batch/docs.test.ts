import { execFile, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { defaultKey } from '../../../local/batch/account.ts';
import { operations } from '../../../local/batch/operations/handlers.ts';
import { operationsTable } from '../../../local/batch/wire/operations-table.ts';
import { startBatch, type TestBatch } from './emulator.ts';

const root = join(import.meta.dirname, '../../..');
const page = readFileSync(join(root, 'docs/batch-emulator.md'), 'utf8');
const python = '/usr/bin/python3';
const hasPython = spawnSync(python, ['-c', 'import azure.batch'], { stdio: 'ignore' }).status === 0;
const hasAz = spawnSync('az', ['version'], { stdio: 'ignore' }).status === 0;
const run = promisify(execFile);

let batch: TestBatch;

beforeAll(async () => {
  batch = await startBatch();
});

afterAll(() => batch.close());

/** The nth block of code in a language, for the emulator of this test. */
function code(language: string, index: number): string {
  const blocks = [...page.matchAll(new RegExp(`\`\`\`${language}\n([^]*?)\`\`\``, 'g'))];
  return (blocks[index]?.[1] ?? '').replaceAll('http://127.0.0.1:10100', batch.emulator.url);
}

describe('the page on the emulator', () => {
  test('says of each operation whether it is emulated', () => {
    const listed = [...page.matchAll(/^\| `(\w+_\w+)` +\| `(\w+) (\S+)` +\| (yes|501)/gm)].map(
      ([, name = '', method, path, support]) => `${name} ${method} ${path} ${support}`,
    );
    const actual = operationsTable
      .trim()
      .split('\n')
      .map((line) => line.trim())
      .map((line) => `${line} ${operations[line.split(' ')[0] ?? ''] ? 'yes' : '501'}`);
    expect(listed).toEqual(actual);
  });

  test('names the well-known key', () => {
    expect(page).toContain(`key      ${defaultKey}\n`);
  });

  test('has programs in JavaScript that work as they stand', async () => {
    const execute = (program: string) =>
      run(process.execPath, ['--input-type=module', '-e', program], { cwd: root });
    expect((await execute(code('js', 0))).stdout).toMatch(/^hello from tvmps_[0-9a-f]{64}_d\n$/);
    const arm = `const key = '${defaultKey}';\n${code('js', 1)}\nconsole.log(dedicatedCoreQuota, storageUrl);`;
    const { stdout } = await execute(arm);
    expect(stdout).toContain(`1000000 ${batch.emulator.url}/_packages/tool/1.0?`);
  });

  test.skipIf(!hasPython)(
    `has a program in Python that works as it stands${hasPython ? '' : ' (skipped: /usr/bin/python3 has no azure.batch)'}`,
    async () => {
      const { stdout } = await run(python, ['-c', code('python', 0)]);
      expect(stdout).toBe('hello\n');
    },
  );

  test.skipIf(!hasAz)(
    `has lines for az that work as they stand${hasAz ? '' : ' (skipped: az is not installed)'}`,
    { timeout: 120_000 },
    async () => {
      const home = await mkdtemp(join(tmpdir(), 'docs-'));
      const [, lines = ''] = /\*\*az\*\*[^]*?```console\n([^]*?)```/.exec(page) ?? [];
      const script = lines
        .replaceAll(/^\$ /gm, '')
        .replace('http://127.0.0.1:10100', batch.emulator.url);
      const env = { ...process.env, HOME: home, AZURE_CONFIG_DIR: home };
      try {
        await run('/bin/sh', ['-ec', script], { cwd: home, env });
        expect(await readFile(join(home, 'out.txt'), 'utf8')).toBe('hello\n');
        expect((await batch.client.job.list()).filter(({ id }) => id === 'myjob')).toEqual([]);
      } finally {
        await rm(home, { recursive: true, force: true });
      }
    },
  );
});
