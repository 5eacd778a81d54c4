import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { taskScript } from '../../../lib/plan/task-script.ts';
import { node, output, readRecords, run, STEP } from './script-support.ts';

test.each([
  ['a file', 'touch "$OUTPUT_DIR/more"'],
  ['a hidden file', 'touch "$OUTPUT_DIR/.more"'],
  ['a hidden file of dots', 'touch "$OUTPUT_DIR/..more"'],
  ['a link that leads nowhere', 'ln -s nowhere "$OUTPUT_DIR/more"'],
  ['a folder', 'mkdir "$OUTPUT_DIR/more"; touch "$OUTPUT_DIR/more/file"'],
  ['a file beside the folder', 'touch "$OUTPUT_DIR/../more"'],
  ['a folder for another attempt', 'mkdir "$OUTPUT_DIR/../a2"; touch "$OUTPUT_DIR/../a2/copy.txt"'],
])('%s that was not promised is not uploaded', (_, more) => {
  const { wd, records } = run({ command: `${STEP.command}; ${more}` }, [
    { name: 'a' },
    { name: 'b' },
  ]);
  expect(records).toMatchObject([
    { cause: 'ok', outputs: 1 },
    { cause: 'ok', outputs: 1 },
  ]);
  const uploaded = readdirSync(join(wd, 'up/out'), { recursive: true }).map(String).toSorted();
  const both = ['000001', '000002'].flatMap((item) => [item, `${item}/a1`, `${item}/a1/copy.txt`]);
  expect(uploaded).toEqual(both);
});

test('a file that two promises name is one output', () => {
  const { wd, records } = run({ outputs: ['copy.txt', '*.txt'] }, [{ name: 'a' }]);
  expect(records).toMatchObject([{ cause: 'ok', outputs: 1 }]);
  expect(output(wd, '000001', 'copy.txt')).toBe('a');
});

test('a command that removes its output folder has left no output', () => {
  const { records } = run({ command: 'rm -r "$OUTPUT_DIR"' }, [{ name: 'a' }]);
  expect(records).toMatchObject([{ cause: 'nooutput', outputs: 0 }]);
});

test('an output that cannot be handed over is none', () => {
  // Not promised, so that the folder is not handed over as it is.
  const command = `touch "$OUTPUT_DIR/more"; ${STEP.command}`;
  const { wd, records } = run(
    { command },
    [{ name: 'a' }],
    `${brokenMove()}:${process.env['PATH']}`,
  );
  expect(records).toMatchObject([{ cause: 'nooutput', outputs: 0 }]);
  expect(existsSync(join(wd, 'up/out/000001/a1/copy.txt'))).toBe(false);
});

/** A folder with an `mv` that moves no copy. */
function brokenMove(): string {
  const folder = join(node, 'bin');
  mkdirSync(folder);
  const script = '#!/bin/sh\ncase "$*" in *copy.txt*) exit 1 ;; esac\nexec /bin/mv "$@"\n';
  writeFileSync(join(folder, 'mv'), script, { mode: 0o755 });
  return folder;
}

test.each([1999, 2001])('%i outputs of one item are all handed over', (count) => {
  const command = `for n in $(seq ${count}); do echo > "$OUTPUT_DIR/$n.txt"; done`;
  const { wd, records } = run({ command, outputs: ['*.txt', '1*'] }, [{ name: 'a' }]);
  expect(records).toMatchObject([{ cause: 'ok', outputs: count }]);
  expect(readdirSync(join(wd, 'up/out/000001/a1'))).toHaveLength(count);
});

test('a pack of more items than folders are made at once is run to its end', () => {
  const items = Array.from({ length: 110 }, (_, index) => ({ name: `item-${index}` }));
  const { wd, records } = run({ shell: 'sh' }, items);
  expect(records).toHaveLength(110);
  expect(records.every(({ cause }) => cause === 'ok')).toBe(true);
  expect(output(wd, '000110', 'copy.txt')).toBe('item-109');
  expect(readdirSync(join(wd, 'items'))).toEqual([]);
  expect(readdirSync(join(wd, 'outs'))).toEqual([]);
});

test('what an earlier run of the same task left is not mixed with what this one leaves', () => {
  const command = 'touch "$OUTPUT_DIR/$EXTRA.txt"';
  const { wd } = run({ command: `EXTRA=first; ${command}`, outputs: ['*.txt'] }, [{ name: 'a' }]);
  const again = taskScript({
    ...STEP,
    command: `EXTRA=second; ${command}`,
    outputs: ['*.txt'],
  });
  writeFileSync(join(wd, 'task.sh'), again);
  const env = {
    PATH: process.env['PATH'],
    SLUICE_COUNT: '1',
    SLUICE_ITEM_1: '000001 1 1',
    SLUICE_NAME_1: 'a',
  };
  spawnSync('/bin/sh', ['task.sh'], { cwd: wd, env });
  expect(readdirSync(join(wd, 'up/out/000001/a1'))).toEqual(['second.txt']);
  expect(readRecords(wd)).toHaveLength(1);
});

test('items that ended are kept, with their outputs, when the task is killed in a later one', () => {
  // The command's parent is `timeout`, and the script is that one's.
  const kill = 'read -r _ _ _ script _ < "/proc/$PPID/stat"; kill -9 "$script"';
  const command = `${STEP.command}
[ "$NAME" != last ] || { ${kill}; sleep 9; }`;
  const { wd, records } = run({ command, timeout: 2 }, [
    { name: 'first' },
    { name: 'second' },
    { name: 'last' },
  ]);
  expect(records).toMatchObject([{ item: '000001' }, { item: '000002' }]);
  expect(output(wd, '000002', 'copy.txt')).toBe('second');
  expect(existsSync(join(wd, 'up/out/000003'))).toBe(false);
});
