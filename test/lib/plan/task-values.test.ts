import { execFileSync, spawnSync } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { parseRecord } from '../../../lib/plan/record.ts';
import { type ScriptStep, taskScript } from '../../../lib/plan/task-script.ts';
import { assignments } from '../../../lib/plan/variables.ts';

let node: string;

beforeEach(() => {
  node = mkdtempSync(join(tmpdir(), 'sluice-script-'));
});
afterEach(() => rmSync(node, { recursive: true, force: true }));

const STEP: ScriptStep = { command: 'true', outputs: ['x'], timeout: 60, shell: 'bash' };

const output = (wd: string, item: string): string =>
  readFileSync(join(wd, 'up/out', item, 'a1/x'), 'utf8');

/** Runs the script with a task's settings as Batch would give them. */
function runWith(settings: Record<string, string>, step: Partial<ScriptStep>, path?: string) {
  const wd = mkdtempSync(join(node, 'wd-'));
  writeFileSync(join(wd, 'task.sh'), taskScript({ ...STEP, ...step }));
  const env = { PATH: path ?? process.env['PATH'] ?? '', ...settings };
  const result = spawnSync('/bin/sh', ['task.sh'], { cwd: wd, env, encoding: 'utf8' });
  expect(result.stderr).toBe('');
  const records = readdirSync(join(wd, 'up/records')).map((name) => parseRecord(name));
  return { wd, records };
}

test('values and lines come through byte for byte, reach no other item, and are never run', () => {
  const value = fc.string({
    unit: fc.constantFrom('a', "'", '"', '$(touch x)', '`', '\\', '\n', ' ', 'ü', ';', '*'),
  });
  fc.assert(
    fc.property(value, value, value, (param, first, line) => {
      const { wd } = runWith(
        {
          SLUICE_COUNT: '2',
          SLUICE_ITEM_1: '000001 1 1 none',
          SLUICE_VALUES_1: assignments({ PARAM_A: first }),
          SLUICE_ITEM_2: '000002 1 2 line',
          SLUICE_NAME_2: 'a/b.csv',
          SLUICE_LINE_2: line,
          SLUICE_VALUES_2: assignments({ PARAM_B: first }),
        },
        {
          command:
            'printf "%s|%s|%s|%s|%s|" "$PARAM_P" "${PARAM_A-none}" "${PARAM_B-none}" "${LINE-none}" "${NAME-none}" > "$OUTPUT_DIR/x"; if [ -n "${INPUT+x}" ]; then cat "$INPUT" >> "$OUTPUT_DIR/x"; fi; env | grep -q SLUICE_VALUES && exit 9; true',
          params: { PARAM_P: param },
        },
      );
      expect(output(wd, '000001')).toBe(`${param}|${first}|none|none|none|`);
      expect(output(wd, '000002')).toBe(`${param}|none|${first}|${line}|a/b.csv|${line}\n`);
    }),
    { numRuns: 15 },
  );
});

test('a part of a blob on a node without curl fails with what to do', () => {
  const bin = join(node, 'bin');
  mkdirSync(bin);
  for (const tool of ['sh', 'bash', 'mkdir', 'mv', 'rm', 'date', 'setsid', 'timeout', 'cat']) {
    const from = execFileSync('/bin/sh', ['-c', `command -v ${tool}`], { encoding: 'utf8' }).trim();
    symlinkSync(from, join(bin, tool));
  }
  const settings = {
    SLUICE_COUNT: '1',
    SLUICE_ITEM_1: '000001 1 1 range',
    SLUICE_NAME_1: 'a',
    SLUICE_RANGE_1: '0-9',
    SLUICE_URL_1: 'http://127.0.0.1/a',
    SLUICE_ETAG_1: '"1"',
  };
  const { wd, records } = runWith(settings, {}, bin);
  expect(records).toMatchObject([{ cause: 'nocurl', exit: 1, stderr: true }]);
  const said = readFileSync(join(wd, 'up/logs/000001/a1/stderr.txt'), 'utf8');
  expect(said).toContain('curl is not on this node');
});
