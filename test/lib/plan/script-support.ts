import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect } from 'vitest';
import { parseRecord } from '../../../lib/plan/record.ts';
import { type ScriptStep, taskScript } from '../../../lib/plan/task-script.ts';
import { stagedName } from '../../../lib/plan/task-spec.ts';

/** A folder of the test that runs, which goes with it. */
export let node: string;

beforeEach(() => {
  node = mkdtempSync(join(tmpdir(), 'sluice-script-'));
});
afterEach(() => rmSync(node, { recursive: true, force: true }));

export const STEP: ScriptStep = {
  command: 'cat "$INPUT" > "$OUTPUT_DIR/copy.txt"',
  outputs: ['copy.txt'],
  timeout: 60,
  shell: 'bash',
};

/** Stages items as Batch would, runs the script over them, and reads what it left. */
export function run(
  step: Partial<ScriptStep>,
  items: { name: string; body?: string }[],
  path = process.env['PATH'],
) {
  const wd = mkdtempSync(join(node, 'wd-'));
  mkdirSync(join(wd, 'in'));
  const env: Record<string, string> = { PATH: path ?? '', SLUICE_COUNT: String(items.length) };
  for (const [index, { name, body }] of items.entries()) {
    const input = { container: 'c', name, etag: '', size: 0 };
    const staged = stagedName({ id: '', input }, index);
    writeFileSync(join(wd, 'in', staged), body ?? name);
    env[`SLUICE_ITEM_${index + 1}`] = `${String(index + 1).padStart(6, '0')} 1 ${staged}`;
    env[`SLUICE_NAME_${index + 1}`] = name;
  }
  writeFileSync(join(wd, 'task.sh'), taskScript({ ...STEP, ...step }));
  const result = spawnSync('/bin/sh', ['task.sh'], { cwd: wd, env, encoding: 'utf8' });
  expect(result.stderr).toBe('');
  return { wd, records: readRecords(wd) };
}

export function readRecords(wd: string) {
  return readdirSync(join(wd, 'up/records'))
    .toSorted()
    .map((name) => parseRecord(name)!);
}

export const output = (wd: string, item: string, file: string): string =>
  readFileSync(join(wd, 'up/out', item, 'a1', file), 'utf8');
