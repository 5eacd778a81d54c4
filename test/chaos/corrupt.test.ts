import { writeFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { RunRecord } from '../../lib/plan/run.ts';
import { cleanedUp, start } from '../e2e/actions.ts';
import { getJson, until } from '../e2e/harness.ts';
import { type Gated, startGated } from './gated.ts';

let sluice: Gated;

beforeAll(async () => {
  sluice = await startGated();
});
afterAll(() => sluice.close());

test.each([
  ['plan.json', 'cut', '{"items":'],
  ['plan.json', 'empty', '{}'],
  ['pipeline.json', 'cut', '{"name":'],
  ['pipeline.json', 'empty', '{}'],
])(
  'a run whose %s is %s ends as failed, says so, and is cleaned up',
  async (file, how, body) => {
    const name = `${file.replace('.json', '')}-${how}`;
    const run = await waiting(name);
    await put(`runs/${run}/${file}`, body);
    writeFileSync(`${sluice.dataDir}/${name}`, '');
    expect(await endOf(run)).toEqual(failedBy(file));
  },
  120_000,
);

test('a run with a corrupt plan that no instance could drive is ended by the sweep', async () => {
  const run = await waiting('swept');
  await put(`runs/${run}/plan.json`, '{"items":');
  const record = await recordOf(run);
  const adopted = { at: new Date().toISOString(), count: 5, reason: 'a test' };
  await put(`runs/${run}/run.json`, JSON.stringify({ ...record, adopted }));
  await sluice.instance(`${run}-e1`, 'terminate');
  await until('the sweep has ended it', async () => {
    await sluice.sweep();
    return (await recordOf(run)).status === 'Running' ? null : true;
  });
  await until('the sweep has cleaned it up', async () => {
    await sluice.sweep();
    const view = await getJson<{ phase: string }>(`${sluice.urls.api}/runs/${run}`);
    return view.phase === 'done' ? true : null;
  });
  expect(await endOf(run)).toEqual(failedBy('plan.json'));
}, 120_000);

/** A run whose only task waits for a file. */
async function waiting(name: string): Promise<string> {
  const command = `touch "${sluice.dataDir}/${name}-began"
until [ -e "${sluice.dataDir}/${name}" ]; do sleep 0.2; done`;
  const run = await start(sluice, { name, command }, { a: 'a' });
  await until('its task is in Batch', async () => {
    const view = await getJson<{ phase: string }>(`${sluice.urls.api}/runs/${run}`);
    return view.phase === 'watch' ? true : null;
  });
  return run;
}

/** What the record of a run says once it has ended and is cleaned up. */
async function endOf(run: string): Promise<object> {
  await cleanedUp(sluice, run);
  const { status, error, endedAt, closing } = await recordOf(run);
  return { status, error, endedAt, closing };
}

function failedBy(file: string): object {
  const error = { code: 'CorruptRecord', message: expect.stringContaining(file) };
  return { status: 'Failed', error, endedAt: expect.any(String), closing: null };
}

async function recordOf(run: string): Promise<RunRecord> {
  const blob = sluice.blobs.getContainerClient('sluice').getBlobClient(`runs/${run}/run.json`);
  return JSON.parse((await blob.downloadToBuffer()).toString()) as RunRecord;
}

async function put(name: string, body: string): Promise<void> {
  const blob = sluice.blobs.getContainerClient('sluice').getBlockBlobClient(name);
  await blob.uploadData(Buffer.from(body));
}
