import { writeFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { isoDuration } from '../../lib/plan/duration.ts';
import { KILL_AFTER_SECONDS } from '../../lib/plan/item-script.ts';
import { cleanedUp, start } from './actions.ts';
import { type Sluice, startSluice, until } from './harness.ts';

let sluice: Sluice;

beforeAll(async () => {
  sluice = await startSluice();
});
afterAll(() => sluice.close());

/** Seconds that a task has for its files, beyond what its commands may take. */
const STAGING_SECONDS = 3600;

test('the job, the tasks and the merge of a run are ended by Batch itself after a time, should nobody look after them', async () => {
  const waits = (file: string): string =>
    `until [ -e "${sluice.dataDir}/${file}" ]; do sleep 0.1; done`;
  const id = await start(
    sluice,
    {
      name: 'limited',
      command: `${waits('items')}\ncp "$INPUT" "$OUTPUT_DIR/out.txt"`,
      pack: 2,
      timeout: '2m',
      rest: `merge: { command: '${waits('merge')}; touch "$OUTPUT_DIR/all.txt"', outputs: [all.txt], timeout: 3m }`,
    },
    { a: '1', b: '2', c: '3' },
  );
  const job = `${id}-j1`;
  const tasks = await until('both tasks are there', () => tasksOf(job, 2));
  expect((await sluice.batch.job.get(job)).constraints).toMatchObject({
    maxWallClockTime: isoDuration(30 * 86_400),
  });
  const perItem = 120 + KILL_AFTER_SECONDS;
  expect(tasks.map(({ constraints }) => constraints?.maxWallClockTime)).toEqual(
    [2, 1].map((items) => isoDuration(items * perItem + STAGING_SECONDS)),
  );
  writeFileSync(`${sluice.dataDir}/items`, '');
  const all = await until('the merge is there', () => tasksOf(job, 3));
  const merge = all.find((task) => task.id === 'merge-a1');
  expect(merge?.constraints?.maxWallClockTime).toBe(
    isoDuration(180 + KILL_AFTER_SECONDS + STAGING_SECONDS),
  );
  writeFileSync(`${sluice.dataDir}/merge`, '');
  expect(await cleanedUp(sluice, id)).toMatchObject({ status: 'Succeeded' });
});

/** The tasks of a job by their ids, once there are so many; null before. */
async function tasksOf(job: string, count: number) {
  const tasks = [...(await sluice.batch.task.list(job).catch(() => []))];
  return tasks.length < count ? null : tasks;
}
