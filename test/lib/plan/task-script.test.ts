import { execFileSync, spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { mergeScript } from '../../../lib/plan/task-script.ts';
import { node, output, readRecords, run, STEP } from './script-support.ts';

test('each item leaves a record, its output and nothing else', () => {
  const { wd, records } = run({}, [
    { name: 'a.txt', body: 'A' },
    { name: 'b.txt', body: 'B' },
  ]);
  expect(records).toMatchObject([
    { item: '000001', attempt: 1, exit: 0, cause: 'ok', outputs: 1, stdout: false, stderr: false },
    { item: '000002', attempt: 1, exit: 0, cause: 'ok', outputs: 1 },
  ]);
  expect(output(wd, '000001', 'copy.txt')).toBe('A');
  expect(output(wd, '000002', 'copy.txt')).toBe('B');
  expect(readdirSync(join(wd, 'items'))).toEqual([]);
});

test.each([
  [
    'exits with 3',
    { command: 'echo out; echo err >&2; exit 3' },
    { cause: 'exit', exit: 3, stdout: true, stderr: true },
  ],
  ['fails in a pipe', { command: 'false | true' }, { cause: 'exit', exit: 1 }],
  ['fails before its last line', { command: 'false\ntrue' }, { cause: 'exit', exit: 1 }],
  [
    'leaves no output',
    { command: 'true' },
    { cause: 'nooutput', exit: 0, outputs: 0, stderr: true },
  ],
  [
    'leaves one of two outputs',
    { outputs: ['copy.txt', 'more.txt'] },
    { cause: 'nooutput', outputs: 1 },
  ],
  ['hangs', { command: 'sleep 60', timeout: 1 }, { cause: 'timeout', exit: 124 }],
  [
    'hangs and will not be told',
    { command: 'trap "" TERM; while :; do sleep 1; done', timeout: 1 },
    { cause: 'timeout', exit: 137 },
  ],
  ['exits with the code of a timeout', { command: 'exit 124' }, { cause: 'exit', exit: 124 }],
  [
    'leaves several files that one glob promises',
    { command: 'touch "$OUTPUT_DIR"/{a,b,c}.png', outputs: ['*.png'] },
    { cause: 'ok', outputs: 3 },
  ],
  [
    'leaves files in a folder',
    { command: 'mkdir "$OUTPUT_DIR/p"; touch "$OUTPUT_DIR/p/1.png"', outputs: ['p/*.png'] },
    { cause: 'ok', outputs: 1 },
  ],
  [
    'leaves a link',
    { command: 'ln -s "$INPUT" "$OUTPUT_DIR/copy.txt"' },
    { cause: 'ok', outputs: 1 },
  ],
  [
    'leaves a folder where a file was promised',
    { command: 'mkdir "$OUTPUT_DIR/copy.txt"' },
    { cause: 'nooutput', outputs: 0 },
  ],
  ['is plain sh', { shell: 'sh' as const }, { cause: 'ok', outputs: 1 }],
])(
  'a command that %s is recorded so, and the next item goes on',
  (_, step, expected) => {
    const { records } = run(step, [{ name: 'a.txt' }, { name: 'b.txt' }]);
    expect(records).toMatchObject([
      { item: '000001', ...expected },
      { item: '000002', ...expected },
    ]);
  },
  30_000,
);

test('a node without bash fails the item and says what to write', () => {
  const bin = join(node, 'bin');
  mkdirSync(bin);
  for (const tool of ['sh', 'date', 'mkdir', 'rm', 'mv', 'setsid', 'timeout', 'cat']) {
    const path = execFileSync('/bin/sh', ['-c', `command -v ${tool}`], { encoding: 'utf8' }).trim();
    execFileSync('/bin/ln', ['-s', path, join(bin, tool)]);
  }
  const { wd, records } = run({}, [{ name: 'a.txt' }], bin);
  expect(records).toMatchObject([{ cause: 'noshell', exit: 127 }]);
  expect(readFileSync(join(wd, 'up/logs/000001/a1/stderr.txt'), 'utf8')).toContain('shell: sh');
});

test.each([1, 2])('what a command leaves running is ended with it, of %i items', (count) => {
  const marker = join(node, 'alive');
  const command = `(sleep 1; touch ${marker}) & touch "$OUTPUT_DIR/copy.txt"`;
  run(
    { command },
    Array.from({ length: count }, () => ({ name: 'a' })),
  );
  execFileSync('/bin/sleep', ['1.5']);
  expect(existsSync(marker)).toBe(false);
});

const HOSTILE = [
  '$(touch x).gz',
  '`touch x`',
  '"; touch x; "',
  "'; touch x; '",
  'a\nb',
  'a\tb',
  '-rf',
  '--help',
  '%2e%2e%2f',
  '😀.gz',
  'x'.repeat(250),
  ' ',
  '*',
  '~',
  '$HOME',
  '\\',
  'a;b|c&d',
  '.hidden',
  'dir/.gz',
  '#',
  '!',
  '(',
  '{a,b}',
];

test('no blob name is ever code, and every name arrives byte for byte', () => {
  const fragment = fc.constantFrom(
    '$(touch x)',
    '`touch x`',
    "'",
    '"',
    ';',
    '\n',
    '\t',
    '-',
    '%',
    '*',
    '/',
    ' ',
    '\\',
    'é',
    '😀',
    'a',
  );
  const made = fc.sample(
    fc.array(fragment, { minLength: 1, maxLength: 8 }).map((parts) => parts.join('')),
    150,
  );
  const names = [...HOSTILE, ...made];
  const command = 'printf %s "$NAME" > "$OUTPUT_DIR/copy.txt"; [ ! -e x ]; [ ! -e ../x ]';
  const { wd, records } = run(
    { command },
    names.map((name) => ({ name, body: '' })),
  );
  expect(records.filter(({ cause }) => cause !== 'ok')).toEqual([]);
  for (const [index, name] of names.entries()) {
    expect(output(wd, String(index + 1).padStart(6, '0'), 'copy.txt')).toBe(name);
  }
  expect(existsSync(join(wd, 'x'))).toBe(false);
});

test('the stem is the base name without its last extension', () => {
  const names = ['logs/app/changelog.Debian.gz', 'plain', '.profile', 'dir/.gz'];
  const { wd } = run(
    { command: 'printf %s "$STEM" > "$OUTPUT_DIR/copy.txt"' },
    names.map((name) => ({ name })),
  );
  const stems = names.map((_, index) => output(wd, `00000${index + 1}`, 'copy.txt'));
  expect(stems).toEqual(['changelog.Debian', 'plain', '.profile', '.gz']);
});

test('the merge sees the accepted outputs only, listed and laid out by item', () => {
  const wd = mkdtempSync(join(node, 'merge-'));
  const stage = (path: string, body: string): void => {
    mkdirSync(join(wd, 'staged', path, '..'), { recursive: true });
    writeFileSync(join(wd, 'staged', path), body);
  };
  stage('000001/a1/n.txt', '1\n');
  stage('000002/a1/n.txt', '20\n');
  stage('000002/a2/n.txt', '2\n');
  stage('000003/a1/odd\nname.txt', '4\n');
  stage('000004/a1/n.txt', '800\n');
  writeFileSync(join(wd, 'accepted.txt'), '000001 1\n000002 2\n000003 1\n');
  const command = `xargs -d '\\n' cat < "$INPUT_LIST" | awk '{ n += $1 } END { print n }' > "$OUTPUT_DIR/total.txt"; ls "$INPUT_DIR"`;
  writeFileSync(join(wd, 'merge.sh'), mergeScript({ ...STEP, command, outputs: ['total.txt'] }));
  const env = { PATH: process.env['PATH'] ?? '', SLUICE_STAGED: 'staged', SLUICE_ATTEMPT: '1' };
  expect(spawnSync('/bin/sh', ['merge.sh'], { cwd: wd, env, encoding: 'utf8' }).stderr).toBe('');
  expect(readRecords(wd)).toMatchObject([{ item: 'merge', cause: 'ok', outputs: 1 }]);
  expect(output(wd, 'merge', 'total.txt')).toBe('7\n');
  expect(readFileSync(join(wd, 'up/logs/merge/a1/stdout.txt'), 'utf8')).toBe(
    '000001\n000002\n000003\n',
  );
});
