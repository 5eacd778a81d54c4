import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Drop } from '../../../lib/plan/drop.ts';
import { parsePipeline } from '../../../lib/plan/parse-pipeline.ts';
import { expand, pack, poolNodes, SLAB_TASKS, toleratedFailures } from '../../../lib/plan/plan.ts';

const drops = (names: string[]): Drop[] =>
  names.map((name) => ({ container: 'c', name, etag: `"${name}"`, size: 1, sequencer: '' }));

const pipeline = (fields: { tolerate?: string; slots?: number; max?: number }) =>
  parsePipeline(
    `name: p
on: { drop: { container: incoming, match: ["*"] } }
tasks: { forEach: drop, command: "true", outputs: [x] }
pool: { vmSize: Standard_D2as_v5, nodes: { max: ${fields.max ?? 4} }, slots: ${fields.slots ?? 2} }
tolerate: ${fields.tolerate ?? '0'}
`,
    'p.yaml',
  ).pipeline!;

test('items depend on the drops, not on the order in which they came', () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.string({ minLength: 1 })),
      fc.infiniteStream(fc.nat()),
      (names, order) => {
        const shuffled = names.map((name) => ({ name, key: order.next().value as number }));
        const other = shuffled.toSorted((a, b) => a.key - b.key).map(({ name }) => name);
        expect(expand(drops(other))).toEqual(expand(drops(names)));
      },
    ),
  );
});

test('every item is packed exactly once, in order, and no task id comes twice', () => {
  fc.assert(
    fc.property(fc.nat(300), fc.integer({ min: 1, max: 60 }), (count, perTask) => {
      const items = expand(drops(Array.from({ length: count }, (_, index) => `n${index}`)));
      const tasks = pack(items, { perTask, attempt: 1, firstSlab: 0 }).flat();
      expect(tasks.flatMap((task) => task.items)).toEqual(items);
      expect(new Set(tasks.map(({ task }) => task)).size).toBe(tasks.length);
      expect(tasks.every((task) => task.items.length <= perTask)).toBe(true);
    }),
  );
});

test('a slab never has more tasks than one activity submits', () => {
  const items = expand(drops(Array.from({ length: SLAB_TASKS + 1 }, (_, index) => `n${index}`)));
  const slabs = pack(items, { perTask: 1, attempt: 1, firstSlab: 3 });
  expect(slabs.map((slab) => slab.length)).toEqual([SLAB_TASKS, 1]);
  expect(slabs[0]![0]!.task).toBe('0003-00000-a1');
  expect(slabs[1]![0]!.task).toBe('0004-00000-a1');
});

test.each([
  [1, 2, 4, 1],
  [2, 2, 4, 1],
  [3, 2, 4, 2],
  [9, 2, 4, 4],
  [0, 2, 4, 1],
])('%i tasks on %i slots, at most %i… nodes, get %i', (tasks, slots, max, nodes) => {
  expect(poolNodes(pipeline({ slots, max }), tasks)).toBe(nodes);
});

test.each([
  ['0', 100, 0],
  ['3', 100, 3],
  ['5%', 100, 5],
  ['5%', 19, 0],
  ['100%', 7, 7],
  ['0.5%', 1000, 5],
])('with tolerate %s a run of %i items may have %i failures', (tolerate, items, expected) => {
  expect(toleratedFailures(pipeline({ tolerate }), items)).toBe(expected);
});
