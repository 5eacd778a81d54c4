import { afterAll, beforeAll, expect, test } from 'vitest';
import { cleanedUp, post, start } from '../e2e/actions.ts';
import { byName } from '../e2e/harness.ts';
import { type Gated, startGated } from './gated.ts';
import { LONG } from './long.ts';

/** `SLUICE_CHAOS=long` has a thousand, of which one in a hundred fails for certain. */
const ITEMS = LONG ? 1000 : 200;

let sluice: Gated;

beforeAll(async () => {
  sluice = await startGated();
});
afterAll(() => sluice.close());

test.for([
  [1, 5, 'CompletedWithFailures'],
  [50, null, 'Failed'],
  [100, 100, 'CompletedWithFailures'],
] as const)(
  'when %i in a hundred items fail, each is in the manifest with its cause, and a redrive finishes the rest',
  { timeout: 400_000 },
  async ([percent, tolerated, status], { skip }) => {
    skip(
      percent === 1 && !LONG,
      'so few items may have none that fails; SLUICE_CHAOS=long has more',
    );
    const share = percent / 100;
    const deviation = 5 * Math.sqrt(ITEMS * share * (1 - share));
    await simulate(share);
    const files = Object.fromEntries(Array.from({ length: ITEMS }, (_, n) => [`item-${n}`, 'x']));
    const rest = tolerated === null ? '' : `tolerate: ${tolerated}%`;
    const name = `failing-${percent}`;
    const run = await start(sluice, { name, command: ': simulated', slots: 16, rest }, files);
    expect(await cleanedUp(sluice, run, 150)).toMatchObject({ status });
    const first = await sluice.manifest(run);
    const failed = [...byName(first).values()].filter((item) => item.status !== 'Succeeded');
    expect(byName(first).size).toBe(ITEMS);
    expect(failed.length).toBeGreaterThan(0);
    expect(Math.abs(failed.length - ITEMS * share)).toBeLessThanOrEqual(deviation);
    expect(first.counts).toMatchObject({ failed: failed.length, cancelled: 0 });
    for (const { status: how, cause, attempts } of failed) {
      expect([how, cause, attempts.at(-1)?.exitCode]).toEqual(['Failed', 'ExitCode', 7]);
    }
    const groups = first.failures.map(({ exitCode, items }) => ({ exitCode, items }));
    expect(groups).toEqual([{ exitCode: 7, items: failed.length }]);
    await simulate(0);
    expect((await post(sluice, `/runs/${run}/redrive`)).status).toBe(202);
    expect(await cleanedUp(sluice, run, 150)).toMatchObject({ status: 'Succeeded', generation: 2 });
    const second = byName(await sluice.manifest(run));
    const again = [...second.values()].filter(({ attempts }) => attempts.length > 1);
    expect(second.size).toBe(ITEMS);
    expect(again.map(({ id }) => id)).toEqual(failed.map(({ id }) => id));
  },
);

/** From now on so large a share of the tasks exits with 7; the others leave what the task script would. */
async function simulate(share: number): Promise<void> {
  const files = [
    { path: 'up/records/{1}.{2}.0.ok.1.{start}.{end}.none', when: 'success' },
    { path: 'up/out/{1}/a{2}/out.txt', text: '{taskId}', when: 'success' },
    { path: 'up/records/{1}.{2}.{exitCode}.exit.0.{start}.{end}.none', when: 'failure' },
  ].map((file) => ({
    ...file,
    forEach: { variable: '^SLUICE_ITEM_', value: '^(\\S+) (\\S+)' },
  }));
  const tasks = [{ duration: 'PT0.1S', exitCode: share === 0 ? 0 : { 7: share }, files }];
  const response = await fetch(`${sluice.urls.batch}/_emulator/tasks`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ seed: 4, tasks }),
  });
  if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
}
