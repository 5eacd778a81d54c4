import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { planTasks, type Queue, type Waiting } from '../../../local/batch/schedule/plan.ts';

interface TestNode {
  name: string;
  usedSlots: number;
}

class TestQueue implements Queue<TestNode> {
  readonly name: string;
  readonly waiting: Waiting[];
  room: number;
  readonly refused: ReadonlySet<string>;

  constructor(name: string, waiting: Waiting[], room = Infinity, refused: string[] = []) {
    this.name = name;
    this.waiting = waiting;
    this.room = room;
    this.refused = new Set(refused);
  }

  heads(): Waiting[] {
    const first = new Map<number, Waiting>();
    for (const task of this.waiting) if (!first.has(task.slots)) first.set(task.slots, task);
    return [...first.values()].toSorted((a, b) => a.seq - b.seq);
  }

  take(task: Waiting): void {
    this.waiting.splice(this.waiting.indexOf(task), 1);
  }

  refuses({ name }: TestNode): boolean {
    return this.refused.has(name);
  }
}

function plan(
  used: number[],
  queues: TestQueue[],
  pool: { slots?: number; fill?: 'Spread' | 'Pack'; limit?: number } = {},
): string[] {
  const nodes = used.map((usedSlots, index) => ({ name: `n${index}`, usedSlots }));
  const filling = { taskSlotsPerNode: pool.slots ?? 4, fill: pool.fill ?? 'Spread' };
  return planTasks(nodes, queues, filling, pool.limit ?? Infinity).map(
    ({ queue, task, node, held }) => `${queue.name}${task.seq}@${node.name}/${held}`,
  );
}

const tasks = (...slots: number[]): Waiting[] =>
  slots.map((count, index) => ({ seq: index + 1, slots: count }));

describe('planning', () => {
  test.each<[string, number[], TestQueue[], Parameters<typeof plan>[2], string[]]>([
    [
      'spreads',
      [0, 0],
      [new TestQueue('j', tasks(1, 1, 1))],
      {},
      ['j1@n0/1', 'j2@n1/1', 'j3@n0/1'],
    ],
    [
      'packs',
      [0, 1],
      [new TestQueue('j', tasks(1, 1, 1, 1))],
      { fill: 'Pack' },
      ['j1@n1/1', 'j2@n1/1', 'j3@n1/1', 'j4@n0/1'],
    ],
    ['packs where it fits', [3, 1], [new TestQueue('j', tasks(2))], { fill: 'Pack' }, ['j1@n1/2']],
    [
      'lets smaller tasks pass',
      [2],
      [new TestQueue('j', tasks(3, 1, 1))],
      {},
      ['j2@n0/1', 'j3@n0/1'],
    ],
    [
      'never starts what asks for more than a node has',
      [0],
      [new TestQueue('j', tasks(5))],
      {},
      [],
    ],
    [
      'takes the first queue first',
      [3],
      [new TestQueue('high', tasks(1)), new TestQueue('low', tasks(1))],
      {},
      ['high1@n0/1'],
    ],
    [
      'fills with the next queue',
      [2],
      [new TestQueue('high', tasks(3)), new TestQueue('low', tasks(2))],
      {},
      ['low1@n0/2'],
    ],
    [
      'keeps to the room of a job',
      [0],
      [new TestQueue('j', tasks(1, 1, 1), 2)],
      {},
      ['j1@n0/1', 'j2@n0/1'],
    ],
    [
      'keeps to the limit of all',
      [0],
      [new TestQueue('j', tasks(1, 1, 1))],
      { limit: 1 },
      ['j1@n0/1'],
    ],
    [
      'leaves nodes out that a job may not use',
      [0, 0],
      [new TestQueue('j', tasks(1, 1), 9, ['n0'])],
      {},
      ['j1@n1/1', 'j2@n1/1'],
    ],
    [
      'gives a whole node to a task that runs alone',
      [1, 0],
      [
        new TestQueue('j', [
          { seq: 1, slots: 1, exclusive: true },
          { seq: 2, slots: 2 },
        ]),
      ],
      {},
      ['j1@n1/4', 'j2@n0/2'],
    ],
    [
      'lets a task that runs alone wait for an empty node',
      [1],
      [new TestQueue('j', [{ seq: 1, slots: 1, exclusive: true }])],
      {},
      [],
    ],
  ])('%s', (_, used, queues, ...[pool, expected]) => {
    expect(plan(used, queues, pool)).toEqual(expected);
  });
});

interface World {
  nodes: number;
  slots: number;
  fill: 'Spread' | 'Pack';
  jobs: { room: number; tasks: number[] }[];
  /** Which of the running tasks ends next, and how. */
  moves: { pick: number; how: 'ends' | 'retries' | 'nodeLost' }[];
}

const worlds: fc.Arbitrary<World> = fc.record({
  nodes: fc.integer({ min: 1, max: 4 }),
  slots: fc.integer({ min: 1, max: 5 }),
  fill: fc.constantFrom('Spread' as const, 'Pack' as const),
  jobs: fc.array(
    fc.record({
      room: fc.integer({ min: 1, max: 5 }),
      tasks: fc.array(fc.integer({ min: 1, max: 5 }), { maxLength: 8 }),
    }),
    { maxLength: 4 },
  ),
  moves: fc.array(
    fc.record({
      pick: fc.nat(100),
      how: fc.constantFrom('ends' as const, 'retries' as const, 'nodeLost' as const),
    }),
    { maxLength: 30 },
  ),
});

test('no task runs twice at once, slots are never exceeded, and every task that fits a node ends', () => {
  fc.assert(
    fc.property(worlds, (world) => {
      const nodes = Array.from({ length: world.nodes }, (_, index) => ({
        name: `n${index}`,
        usedSlots: 0,
      }));
      let seq = 0;
      const queues = world.jobs.map(
        ({ room, tasks: slots }, index) =>
          new TestQueue(
            `j${index}`,
            slots.map((count) => ({ seq: ++seq, slots: count })),
            room,
          ),
      );
      const all = queues.flatMap((queue) => queue.waiting.map((task) => task.seq));
      const tooLarge = queues.flatMap((queue) =>
        queue.waiting.filter((task) => task.slots > world.slots),
      );
      const running: { queue: TestQueue; task: Waiting; node: TestNode; held: number }[] = [];
      const ended: number[] = [];
      const leave = (index: number): (typeof running)[number] => {
        const [run] = running.splice(index, 1);
        run!.node.usedSlots -= run!.held;
        run!.queue.room++;
        return run!;
      };
      const step = (): void => {
        const planned = planTasks(
          nodes,
          queues,
          { taskSlotsPerNode: world.slots, fill: world.fill },
          Infinity,
        );
        for (const { queue, task, node, held } of planned) {
          expect(running.some((run) => run.task.seq === task.seq)).toBe(false);
          expect(ended).not.toContain(task.seq);
          running.push({ queue, task, node, held });
          node.usedSlots += held;
          queue.room--;
        }
        for (const node of nodes) expect(node.usedSlots).toBeLessThanOrEqual(world.slots);
        for (const queue of queues) expect(queue.room).toBeGreaterThanOrEqual(0);
      };
      for (const { pick, how } of world.moves) {
        step();
        if (running.length === 0) break;
        const index = pick % running.length;
        if (how === 'nodeLost') {
          const lost = running[index]!.node;
          for (let at = running.length - 1; at >= 0; at--) {
            if (running[at]!.node !== lost) continue;
            const { queue, task } = leave(at);
            queue.waiting.push(task);
          }
          continue;
        }
        const { queue, task } = leave(index);
        if (how === 'retries') queue.waiting.push(task);
        else ended.push(task.seq);
      }
      for (let rounds = 0; rounds <= all.length; rounds++) {
        step();
        if (running.length > 0) ended.push(leave(0).task.seq);
      }
      const expected = all.filter((one) => !tooLarge.some((task) => task.seq === one));
      expect(ended.toSorted((a, b) => a - b)).toEqual(expected);
    }),
    { numRuns: 500 },
  );
});
