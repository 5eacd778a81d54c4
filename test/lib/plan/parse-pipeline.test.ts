import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parsePipeline } from '../../../lib/plan/parse-pipeline.ts';

const GOOD = `name: log-rollup
on:
  drop: { container: incoming, match: ["logs/**/*.gz"], settle: 2s, maxWait: 60s, maxItems: 10000 }
tasks:
  forEach: drop
  pack: 50
  command: |
    zcat "$INPUT" | awk 'END { print NR }' > "$OUTPUT_DIR/lines.txt"
  outputs: ["lines.txt"]
  timeout: 1m
pool: { vmSize: Standard_D2as_v5, image: ubuntu-24.04, nodes: { max: 4 }, slots: 2 }
tolerate: 5%
`;

test('a good file becomes a pipeline with durations in seconds', () => {
  const { pipeline } = parsePipeline(GOOD, 'p.yaml');
  expect(pipeline?.on.drop).toEqual({
    container: 'incoming',
    match: ['logs/**/*.gz'],
    settle: 2,
    maxWait: 60,
    maxItems: 10_000,
  });
  expect(pipeline?.tasks).toMatchObject({ pack: 50, timeout: 60, shell: 'bash' });
  expect(pipeline?.tolerate).toEqual({ percent: 5 });
});

test('what is left out gets its documented default', () => {
  const { pipeline } = parsePipeline(
    `name: p
on: { drop: { container: incoming, match: ["*"] } }
tasks: { forEach: drop, command: "true", outputs: [x] }
pool: { vmSize: Standard_D2as_v5, nodes: { max: 1 } }
`,
    'p.yaml',
  );
  expect(pipeline).toMatchObject({
    on: { drop: { settle: 2, maxWait: 60, maxItems: 10_000 } },
    tasks: { pack: 1, timeout: 3600, shell: 'bash' },
    pool: { image: 'ubuntu-24.04', slots: 1 },
    tolerate: { count: 0 },
  });
});

const swap = (from: string, to: string): string => GOOD.replace(from, to);

test.each([
  [
    'a misspelt field',
    swap('timeout: 1m', 'timeot: 1m'),
    { line: 10, column: 3, path: 'tasks.timeot', fix: "write 'timeout'" },
  ],
  [
    'a field of a later version',
    swap('forEach: drop', 'forEach: drop\n  retry: 3'),
    { line: 6, column: 3, path: 'tasks.retry', message: "the field 'retry' is not built yet" },
  ],
  [
    'a source of a later version',
    swap('forEach: drop', 'forEach: matrix'),
    { line: 5, column: 12, path: 'tasks.forEach', message: "the source 'matrix' is not built yet" },
  ],
  [
    'a schedule',
    swap('on:\n', 'on:\n  schedule: x\n'),
    { line: 3, column: 3, message: "the field 'schedule' is not built yet" },
  ],
  [
    'a missing command',
    swap(/ {2}command:[\s\S]*?\n(?= {2}outputs)/.exec(GOOD)![0], ''),
    { line: 4, column: 1, path: 'tasks.command', got: 'nothing', fix: "add 'command'" },
  ],
  [
    'a wrong type',
    swap('pack: 50', 'pack: fifty'),
    { line: 6, column: 9, path: 'tasks.pack', got: '"fifty"' },
  ],
  [
    'a pack of nothing',
    swap('pack: 50', 'pack: 0'),
    { line: 6, column: 9, expected: 'a number of at least 1', got: '0' },
  ],
  [
    'a broken duration',
    swap('timeout: 1m', 'timeout: 1 minute'),
    { line: 10, column: 12, path: 'tasks.timeout', got: '"1 minute"' },
  ],
  [
    'our own container',
    swap('container: incoming', 'container: sluice-work'),
    { line: 3, column: 22, path: 'on.drop.container' },
  ],
  [
    'an output outside',
    swap('["lines.txt"]', '["../lines.txt"]'),
    { line: 9, column: 13, path: 'tasks.outputs.0' },
  ],
  [
    'a hidden output',
    swap('["lines.txt"]', '[".lines"]'),
    { line: 9, column: 13, path: 'tasks.outputs.0' },
  ],
  [
    'a bad name',
    swap('name: log-rollup', 'name: Log_Rollup'),
    { line: 1, column: 7, path: 'name' },
  ],
  ['a share above all', swap('5%', '105%'), { line: 12, column: 11, path: 'tolerate' }],
  ['broken YAML', 'name: [', { line: 1, path: '' }],
  ['an empty file', '', { line: 1, column: 1, path: '' }],
])(
  '%s is refused with its place, what was expected, what came, and the fix',
  (_, source, expected) => {
    const { problems } = parsePipeline(source, 'dir/p.yaml');
    expect(problems).toHaveLength(1);
    expect(problems![0]).toMatchObject({ file: 'dir/p.yaml', ...expected });
    for (const words of [
      problems![0]!.message,
      problems![0]!.expected,
      problems![0]!.got,
      problems![0]!.fix,
    ]) {
      expect(words).not.toBe('');
      expect(words).not.toContain('undefined');
    }
  },
);

test('every fault of a file is told at once', () => {
  const { problems } = parsePipeline(
    swap('pack: 50', 'pack: 0').replace('slots: 2', 'slots: many'),
    'p.yaml',
  );
  expect(problems?.map(({ path }) => path)).toEqual(['tasks.pack', 'pool.slots']);
});

test('the pipeline of the example is valid', () => {
  const file = 'examples/log-rollup/pipeline.yaml';
  expect(parsePipeline(readFileSync(file, 'utf8'), file).problems).toBeUndefined();
});
