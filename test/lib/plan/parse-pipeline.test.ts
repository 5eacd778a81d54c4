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
  expect(pipeline?.tasks).toMatchObject({ pack: { count: 50 }, timeout: 60, shell: 'bash' });
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
    tasks: { pack: { count: 1 }, timeout: 3600, shell: 'bash' },
    pool: { image: 'ubuntu-24.04', slots: 1 },
  });
  expect(pipeline?.tolerate).toBeUndefined();
  expect(pipeline?.tasks.retry).toEqual({
    attempts: 3,
    on: [{ cause: 'input' }, { cause: 'upload' }, { cause: 'node' }],
    backoff: 5,
  });
});

const swap = (from: string, to: string): string => GOOD.replace(from, to);

/** Without drops, and with items from elsewhere. */
const withoutDrop = (forEach: string): string =>
  GOOD.replace(/^on:\n(?: .*\n)+/m, '').replace('forEach: drop', forEach);

type Fault = [what: string, source: string, expected: object];

/** A row per fault: the line, the column of the fault in it, what came, and a part of what was expected. */
function retryFaults(
  rows: [line: string, column: number, got: string, expected: string][],
): Fault[] {
  return rows.map(([line, column, got, expected]) => {
    const place: object = { line: 6, column, got, expected: expect.stringContaining(expected) };
    return [line, swap('forEach: drop', `forEach: drop\n  ${line}`), place] satisfies Fault;
  });
}

test('a retry rule is read with its exit codes, ranges and seconds', () => {
  const rule = 'retry: { attempts: 4, on: [timeout, exit: [75, 100-110], node], backoff: 10s }';
  const { pipeline, problems } = parsePipeline(
    swap('forEach: drop', `forEach: drop\n  ${rule}`),
    'p',
  );
  expect(problems).toBeUndefined();
  expect(pipeline?.tasks.retry).toEqual({
    attempts: 4,
    on: [
      { cause: 'timeout' },
      {
        cause: 'exit',
        codes: [
          { from: 75, to: 75 },
          { from: 100, to: 110 },
        ],
      },
      { cause: 'node' },
    ],
    backoff: 10,
  });
});

test.each<Fault>([
  [
    'a misspelt field',
    swap('timeout: 1m', 'timeot: 1m'),
    { line: 10, column: 3, path: 'tasks.timeot', fix: "write 'timeout'" },
  ],
  [
    'a field that belongs elsewhere',
    swap('forEach: drop', 'forEach: drop\n  setup: x'),
    { line: 6, column: 3, path: 'tasks.setup', fix: 'move it to pool.setup' },
  ],
  ...retryFaults([
    ['retry: 3', 10, '3', 'a mapping'],
    ['retry: { attempts: 0 }', 22, '0', 'a number of at least 1'],
    ['retry: { on: [disk] }', 17, '"disk"', 'one of exit, timeout, output'],
    ['retry: { on: [] }', 16, '[]', 'at least one cause'],
    ['retry: { on: [exit: []] }', 23, '[]', 'at least one exit code'],
    ['retry: { on: [exit: [0]] }', 24, '0', 'a number of at least 1'],
    ['retry: { on: [exit: [110-100]] }', 17, '{"exit":["110-100"]}', 'such as exit: [75, 100-110]'],
    ['retry: { on: [exit: 75] }', 17, '{"exit":75}', 'such as exit: [75, 100-110]'],
    ['retry: { backoff: 2h }', 21, '"2h"', 'from 0s to 1h'],
  ]),
  [
    'a source that is none',
    swap('forEach: drop', 'forEach: files'),
    {
      line: 5,
      column: 12,
      path: 'tasks.forEach',
      expected: "'drop' or 'list' or 'prefix' or 'matrix' or 'lines' or 'chunks'",
    },
  ],
  [
    'a source without its field',
    swap('forEach: drop', 'forEach: chunks'),
    { line: 4, column: 1, path: 'tasks.chunks', got: 'nothing', fix: 'add tasks.chunks' },
  ],
  [
    'a field of another source',
    swap('forEach: drop', 'forEach: drop\n  lines: { format: csv }'),
    {
      line: 6,
      column: 10,
      path: 'tasks.lines',
      expected: 'no such field, since forEach is drop',
      fix: 'remove it, or write forEach: lines',
    },
  ],
  [
    'drops that no item is made of',
    swap('forEach: drop', 'forEach: list\n  list: [{ a: 1 }]'),
    { line: 3, path: 'on.drop', fix: 'remove on.drop' },
  ],
  [
    'a schedule that has nothing to give',
    withoutDrop('forEach: chunks\n  chunks: { bytes: 1MiB }') +
      "on: { schedule: { cron: '0 2 * * *' } }\n",
    { path: 'on.schedule', fix: 'add on.drop' },
  ],
  [
    'axes that zip cannot pair',
    withoutDrop('forEach: matrix\n  matrix: { parameters: { a: [1, 2], b: [1] }, combine: zip }'),
    { path: 'tasks.matrix', expected: expect.stringContaining('a has 2, b has 1') },
  ],
  [
    'more points than there may be',
    withoutDrop(
      'forEach: matrix\n  matrix: { parameters: { a: { from: 1, to: 1e6 }, b: [1, 2] } }',
    ),
    { path: 'tasks.matrix', expected: 'at most 1000000 points; these axes make 2000000' },
  ],
  [
    'an axis and a parameter that would be one variable',
    withoutDrop('forEach: matrix\n  matrix: { parameters: { n-a: [1] } }') +
      'params: { N_A: { type: integer } }\n',
    {
      path: 'tasks.matrix',
      expected: expect.stringContaining('the axis "n-a" would both be PARAM_N_A'),
      fix: 'give one of them another name',
    },
  ],
  [
    'a parameter that no drop can give',
    `${GOOD}params: { seed: { type: integer } }\n`,
    { path: 'params.seed', fix: 'add a default to params.seed' },
  ],
  [
    'a default outside of its limits',
    `${GOOD}params: { seed: { type: integer, max: 3, default: 4 } }\n`,
    { path: 'params.seed.default', got: '4', expected: 'an integer of at most 3' },
  ],
  [
    'a schedule',
    swap('on:\n', 'on:\n  schedule: x\n'),
    { line: 3, column: 13, path: 'on.schedule', message: "'schedule' does not fit" },
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
    'a pack by neither count nor bytes',
    swap('pack: 50', 'pack: {}'),
    { line: 6, column: 9, expected: expect.stringContaining('{ count: 50, bytes: 64MiB }') },
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
