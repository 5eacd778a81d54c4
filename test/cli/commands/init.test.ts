import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { nameFrom, starter } from '../../../cli/init/starter.ts';
import { parsePipeline } from '../../../lib/plan/parse-pipeline.ts';
import { ROOT, runCli } from '../cli.ts';

let cwd: string;
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'sluice-init-'));
});
afterEach(() => rmSync(cwd, { recursive: true }));

const at = (...path: string[]) => readFileSync(join(cwd, ...path), 'utf8');

describe('init', () => {
  test('writes a valid pipeline named after its folder, a sample, and what to type next', async () => {
    const { code, stdout } = await runCli(['init', 'My words!'], { cwd });
    expect(code).toBe(0);
    expect(parsePipeline(at('My words!', 'pipeline.yaml'), 'x').pipeline).toMatchObject({
      name: 'my-words',
      on: { drop: { container: 'my-words-in' } },
    });
    expect(readdirSync(join(cwd, 'My words!', 'sample'))).toHaveLength(3);
    expect(stdout).toContain('sluice apply My words!/pipeline.yaml\n');
    expect(stdout).toContain('sluice drop my-words My words!/sample\n');
  });

  test('overwrites nothing, not even in part', async () => {
    writeFileSync(join(cwd, 'pipeline.yaml'), 'mine');
    const { code, stdout, stderr } = await runCli(['init'], { cwd });
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain('pipeline.yaml is there already, so nothing was written.');
    expect(readdirSync(cwd)).toEqual(['pipeline.yaml']);
    expect(at('pipeline.yaml')).toBe('mine');
  });

  test('takes a file name for the pipeline', async () => {
    expect(await runCli(['init', 'jobs/count.yml'], { cwd })).toMatchObject({ code: 0 });
    expect(readdirSync(join(cwd, 'jobs')).toSorted()).toEqual(['count.yml', 'sample']);
  });

  test.each(readdirSync(join(ROOT, 'examples')))('copies the example %s', async (example) => {
    const { code, stdout } = await runCli(['init', 'here', '--example', example, '--json'], {
      cwd,
    });
    expect(code).toBe(0);
    const { pipeline, files } = JSON.parse(stdout) as { pipeline: string; files: string[] };
    expect(parsePipeline(at('here', 'pipeline.yaml'), 'x').pipeline?.name).toBe(pipeline);
    expect(files).toContain(join(cwd, 'here', 'pipeline.yaml'));
  });

  test('names the examples there are', async () => {
    const { code, stderr } = await runCli(['init', '--example', 'log-rolup'], { cwd });
    expect(code).toBe(2);
    expect(stderr).toMatch(/there are: .*log-rollup.*\n {2}Did you mean --example log-rollup\?/);
  });
});

test.each(['words', 'x', '9 lives', '---', 'ÄÖ', 'A'.repeat(80), 'a--b', `${'x'.repeat(31)}-y`])(
  'a folder called %j gives a valid pipeline',
  (folder) => {
    const [file] = starter(nameFrom(folder), 'pipeline.yaml');
    expect(parsePipeline(file!.content, 'pipeline.yaml').problems).toBeUndefined();
  },
);
