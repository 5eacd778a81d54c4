import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Drop } from '../../../lib/plan/drop.ts';
import type { PackRule } from '../../../lib/plan/fields/items.ts';
import { itemId } from '../../../lib/plan/ids.ts';
import { parsePipeline } from '../../../lib/plan/parse-pipeline.ts';
import {
  BLOCK_ITEMS,
  blockCount,
  blockOf,
  blockPrefix,
  type Candidate,
  expand,
  isHopeless,
  pack,
  poolNodes,
  slabsWithin,
  toleratedFailures,
  untried,
} from '../../../lib/plan/plan.ts';

const drops = (names: string[]): Drop[] =>
  names.map((name) => ({ container: 'c', name, etag: `"${name}"`, size: 1, sequencer: '' }));

const pipeline = (fields: { tolerate?: string | undefined; slots?: number; max?: number }) =>
  parsePipeline(
    `name: p
on: { drop: { container: incoming, match: ["*"] } }
tasks: { forEach: drop, command: "true", outputs: [x] }
pool: { vmSize: Standard_D2as_v5, nodes: { max: ${fields.max ?? 4} }, slots: ${fields.slots ?? 2} }
${fields.tolerate === undefined ? '' : `tolerate: ${fields.tolerate}`}
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
      const tasks = pack(untried(items), {
        rule: { count: perTask },
        firstSlab: 0,
        aligned: true,
      }).flat();
      expect(tasks.flatMap((task) => task.items)).toEqual(items);
      expect(new Set(tasks.map(({ task }) => task)).size).toBe(tasks.length);
      expect(tasks.every((task) => task.items.length <= perTask)).toBe(true);
    }),
  );
});

test('a slab of the plan covers the items of one block, so that a part reads no other', () => {
  const names = Array.from({ length: 2 * BLOCK_ITEMS + 1 }, (_, index) => `n${index}`);
  const slabs = pack(untried(expand(drops(names))), {
    rule: { count: 7 },
    firstSlab: 3,
    aligned: true,
  });
  const blocks = slabs.map(
    (slab) => new Set(slab.flatMap(({ items }) => items).map(({ id }) => blockOf(id))),
  );
  expect(blocks).toEqual([new Set([0]), new Set([1]), new Set([2])]);
  expect(slabs.map((slab) => slab.flatMap(({ items }) => items).length)).toEqual([9999, 10_000, 2]);
  expect(slabs.map(([first]) => first?.task)).toEqual([
    '0003-00000-a1',
    '0004-00000-a1',
    '0005-00000-a1',
  ]);
});

test('the ids of a block begin alike, and a slab is found by every block that it has items of', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 9_999_999 }), (number) => {
      const id = String(number).padStart(6, '0');
      const block = blockOf(id);
      expect(id.startsWith(blockPrefix(block))).toBe(true);
      const slab = { index: 0, blob: '', tasks: 1, items: 1, first: id, last: '20000000' };
      const round = { round: 1, generation: 1, reason: '', slabs: [slab], notBefore: 0 };
      expect(slabsWithin([round], block)).toEqual([slab]);
      expect(slabsWithin([round], 2000)).toEqual([slab]);
      expect(slabsWithin([round], block - 1)).toEqual([]);
      expect(slabsWithin([round], 2001)).toEqual([]);
      expect(blockOf(id)).toBeLessThan(blockCount(number));
    }),
  );
  expect(blockCount(0)).toBe(0);
});

const candidate = fc.record({
  attempt: fc.integer({ min: 2, max: 4 }),
  tried: fc.nat(2),
  alone: fc.boolean(),
});

test('a round has every item once, in tasks of one attempt, and alone where it is to be', () => {
  fc.assert(
    fc.property(
      fc.array(candidate, { maxLength: 200 }),
      fc.integer({ min: 1, max: 9 }),
      (kinds, perTask) => {
        const items = expand(drops(kinds.map((_, index) => `n${index}`)));
        const candidates: Candidate[] = kinds.map((kind, index) => ({
          ...kind,
          item: items[index]!,
        }));
        const tasks = pack(candidates, {
          rule: { count: perTask },
          firstSlab: 1,
          aligned: false,
        }).flat();
        const carried = tasks.flatMap((task) => task.items.map((item) => ({ task, item })));
        expect(carried.map(({ item }) => item.id).toSorted()).toEqual(
          items.map(({ id }) => id).toSorted(),
        );
        expect(new Set(tasks.map(({ task }) => task)).size).toBe(tasks.length);
        for (const { task, item } of carried) {
          const { attempt, tried, alone } = candidates.find((one) => one.item.id === item.id)!;
          expect(task).toMatchObject({ attempt, tried });
          expect(task.items.length).toBeLessThanOrEqual(alone ? 1 : perTask);
        }
      },
    ),
  );
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
  [undefined, 1000, 0],
])('with tolerate %s a run of %i items may have %i failures', (tolerate, items, expected) => {
  expect(toleratedFailures(pipeline({ tolerate }), items)).toBe(expected);
});

test.each([
  ['3', 4, true],
  ['3', 3, false],
  ['5%', 6, true],
  ['0', 1, true],
  [undefined, 100, false],
])(
  'with tolerate %s a run of 100 of which %i failed for good is hopeless: %s',
  (tolerate, failed, expected) => {
    expect(isHopeless(pipeline({ tolerate }), 100, failed)).toBe(expected);
  },
);

test('a task is full by items, by their bytes, or by what travels with it, whichever comes first', () => {
  const item = (size: number, values?: Record<string, string>) => ({
    id: itemId(size),
    input: { container: 'c', name: 'n', etag: '', size },
    ...(values ? { values } : {}),
  });
  const sizes = (rule: PackRule, ...items: ReturnType<typeof item>[]) =>
    pack(untried(items), { rule, firstSlab: 0, aligned: true })
      .flat()
      .map((task) => task.items.map(({ input }) => input?.size));
  const items = [item(4), item(4), item(9), item(1), item(1), item(1)];
  expect(sizes({ count: 2, bytes: 8 }, ...items)).toEqual([[4, 4], [9], [1, 1], [1]]);
  expect(sizes({ count: 200, bytes: 10 }, ...items)).toEqual([
    [4, 4],
    [9, 1],
    [1, 1],
  ]);
  const heavy = { PARAM_X: 'x'.repeat(60_000) };
  expect(sizes({ count: 9 }, item(1, heavy), item(2, heavy), item(3, heavy))).toEqual([
    [1, 2],
    [3],
  ]);
});
