import { afterAll, beforeAll, expect, test } from 'vitest';
import { cleanedUp, post, start } from '../e2e/actions.ts';
import { getJson, pipelineFile, until } from '../e2e/harness.ts';
import type { Held } from './gate.ts';
import { type Gated, instanceStatus, startGated } from './gated.ts';

let sluice: Gated;

beforeAll(async () => {
  sluice = await startGated();
});
afterAll(() => sluice.close());

const COMMAND = 'cp "$INPUT" "$OUTPUT_DIR/out.txt"';

async function deletePipeline(name: string): Promise<number> {
  return (await fetch(`${sluice.urls.api}/pipelines/${name}`, { method: 'DELETE' })).status;
}

/** The next request of a method whose path has both. */
function hold(method: string, path: string, name: string): Promise<Held> {
  return sluice.storageGate.holdNext(
    (request) =>
      request.method === method && request.url.includes(path) && request.url.includes(name),
  );
}

test('a run that was asked for just before its pipeline is deleted goes by the pipeline that was asked', async () => {
  const name = 'asked-of';
  await sluice.apply(pipelineFile({ name, command: COMMAND, match: 'none' }));
  await sluice.drop(name, { a: '1' });
  const holding = hold('HEAD', '/a', name);
  const asking = post(sluice, '/runs', { pipeline: name, inputs: ['a'] });
  const held = await holding;
  expect(await deletePipeline(name)).toBe(204);
  await held.release();
  const { body } = await asking;
  expect(await cleanedUp(sluice, body.id, 30)).toMatchObject({ status: 'Succeeded' });
});

test('drops that were claimed while their pipeline is deleted become their run', async () => {
  const name = 'claimed-of';
  await sluice.apply(pipelineFile({ name, command: COMMAND, settle: '0s' }));
  const holding = hold('PUT', `/open/${name}/`, name);
  await sluice.drop(name, { a: '1' });
  const claim = await holding;
  const removing = hold('DELETE', `/pipelines/${name}.json`, name);
  const deleted = deletePipeline(name);
  const removal = await removing;
  const taking = hold('DELETE', '/pending/', name);
  await claim.release();
  const taken = await taking;
  await removal.release();
  expect(await deleted).toBe(204);
  await taken.release();
  const [run] = await until(
    'the run has ended',
    async () => {
      const runs = await sluice.runs(name);
      return runs[0]?.phase === 'done' ? runs : null;
    },
    30,
  );
  expect(run).toMatchObject({ status: 'Succeeded', counts: { items: 1 } });
});

test('the instance of a run whose records are gone ends, since nobody can ask what became of it', async () => {
  const name = 'forgotten';
  const command = 'sleep 600';
  const run = await start(sluice, { name, command }, { a: '1' });
  await until('its tasks run', async () => {
    const [view] = await sluice.runs(name);
    return Number((view?.counts['tasks'] as { running?: number })?.running) > 0 ? true : null;
  });
  const control = sluice.blobs.getContainerClient('sluice');
  for await (const blob of control.listBlobsFlat({ prefix: `runs/${run}/` })) {
    await control.deleteBlob(blob.name);
  }
  await control.deleteBlob(`active/${run}`);
  const status = await until(
    'its instance has ended',
    async () => {
      const now = await instanceStatus(sluice.urls.host, `${run}-e1`);
      return now === 'Running' ? null : now;
    },
    30,
  );
  expect(status).toBe('Completed');
  await until('nothing of it is left in Batch', async () => {
    await post(sluice, '/gc');
    const left = [...(await sluice.batch.pool.list()), ...(await sluice.batch.job.list())];
    return left.length === 0 ? left : null;
  });
});

test.each([
  ['cut-off', false],
  ['cut-off-paused', true],
])(
  'a removal of %s (paused: %j) is finished by the next one, and leaves nothing for a pipeline of that name',
  async (name, paused) => {
    await sluice.apply(pipelineFile({ name, command: COMMAND, settle: '1h' }));
    await sluice.drop(name, { a: '1' });
    const control = sluice.blobs.getContainerClient('sluice');
    const waiting = async (): Promise<number> => {
      let count = 0;
      for await (const _ of control.listBlobsFlat({ prefix: `ledger/${name}/pending/` })) count++;
      return count;
    };
    await until('the drop waits', async () => (await waiting()) || null);
    if (paused) await post(sluice, `/pipelines/${name}/pause`);
    const host = sluice.pidOf('host');
    // The app gets no answer: it may outlive its host for a moment, and would go on.
    sluice.storageGate.judge = ({ method, url }) =>
      method === 'DELETE' && url.includes(`/pipelines/${name}.json`)
        ? { swallowed: () => process.kill(host, 'SIGKILL') }
        : 'forward';
    await deletePipeline(name).catch(() => null);
    sluice.storageGate.judge = () => 'forward';
    const again = await until('the app is back', async () => {
      const status = await deletePipeline(name).catch(() => 503);
      return status < 500 ? status : null;
    });
    expect(again).toBe(204);
    expect(await waiting()).toBe(0);
    await sluice.apply(pipelineFile({ name, command: COMMAND }));
    expect(await getJson(`${sluice.urls.api}/pipelines/${name}`)).toMatchObject({ paused: false });
  },
);
