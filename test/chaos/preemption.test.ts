import { afterAll, beforeAll, expect, test } from 'vitest';
import { byName, pipelineFile, until } from '../e2e/harness.ts';
import { type Gated, runOver, startGated } from './gated.ts';

/** What the task script leaves for each item. */
const simulation = {
  seed: 3,
  tasks: [
    {
      duration: ['PT1M', 'PT4M'],
      files: [
        { path: 'up/records/{1}.{2}.0.ok.1.{start}.{end}.none', forEach: forEachItem() },
        { path: 'up/out/{1}/a{2}/out.txt', text: '{1}', forEach: forEachItem() },
      ],
    },
  ],
};

function forEachItem() {
  return { variable: '^SLUICE_ITEM_', value: '^(\\S+) (\\S+)' };
}

const ITEMS = 200;
let sluice: Gated;

beforeAll(async () => {
  const faults = { seed: 11, nodes: { preemptionPerMinute: 0.2 } };
  sluice = await startGated({ virtualTime: true, faults, simulation });
});
afterAll(() => sluice.close());

test('of a run on spot nodes that are taken away all the time nothing is lost, and no attempt is charged for it', async () => {
  const name = 'spot';
  const source = pipelineFile({ name, command: 'true', match: 'none' });
  await sluice.apply(source.replace('nodes: { max: 4 }', 'nodes: { max: 8, spot: true }'));
  const files = Array.from({ length: ITEMS }, (_, n) => [`in/${n}`, '']);
  await runOver(sluice, name, Object.fromEntries(files) as Record<string, string>);
  const starts = await nodeStarts(name);
  // Eight nodes, which were taken away and came back many times.
  expect(starts.size).toBeGreaterThan(8 + 10);
  const [run] = await sluice.finished(name, ITEMS);
  expect(run).toMatchObject({ status: 'Succeeded', counts: { succeeded: ITEMS, failed: 0 } });
  const items = byName(await sluice.manifest(run!.id));
  expect([...items.keys()].toSorted()).toEqual(files.map(([file]) => file).toSorted());
  for (const { status, attempts, outputs } of items.values()) {
    expect({ status, outputs: outputs.length }).toEqual({ status: 'Succeeded', outputs: 1 });
    expect(attempts.map(({ attempt }) => attempt)).toEqual([1]);
  }
  expect(await sluice.batch.pool.list()).toHaveLength(0);
  expect(await sluice.batch.job.list()).toHaveLength(0);
}, 180_000);

/** The starts of a run's nodes, as far as they are seen until its pool is gone. */
async function nodeStarts(name: string): Promise<Set<string>> {
  const starts = new Set<string>();
  await until('the run is over', async () => {
    const [run] = await sluice.runs(name);
    if (!run || run.status !== 'Running') return run ?? null;
    const nodes = await sluice.batch.computeNode.list(run.id).catch(() => []);
    for (const { id, lastBootTime } of nodes) {
      if (lastBootTime) starts.add(`${id} ${new Date(lastBootTime).toISOString()}`);
    }
    return null;
  });
  return starts;
}
