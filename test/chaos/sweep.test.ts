import type { ContainerClient } from '@azure/storage-blob';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runId } from '../../lib/plan/ids.ts';
import { newRun } from '../../lib/plan/run.ts';
import type { Claim } from '../../lib/store/claims.ts';
import type { Row } from '../../lib/store/ledger.ts';
import type { StoredPipeline } from '../../lib/store/pipelines.ts';
import { cleanedUp } from '../e2e/actions.ts';
import { byName, getJson, pipelineFile, until } from '../e2e/harness.ts';
import type { Held } from './gate.ts';
import { type Gated, startGated } from './gated.ts';
import { deliver, storageEvent } from './send-event.ts';

let sluice: Gated;

beforeAll(async () => {
  sluice = await startGated();
});
afterAll(() => sluice.close());

test('a claim that a crash left open is carried out by the sweep', async () => {
  const name = 'left-open';
  const hashes = await dropAndGather(name, ['a', 'b', 'c']);
  const run = await leaveOpen(name, hashes);
  await sluice.sweep();
  expect(await sluice.finished(name, 3)).toMatchObject([{ id: run, status: 'Succeeded' }]);
  expect((await rowsOf(name)).map((row) => row.state)).toEqual(['done', 'done', 'done']);
  expect(await namesOf(`ledger/${name}/pending/`)).toEqual([]);
  expect(await namesOf(`open/${name}/`)).toEqual([]);
});

test('a run that was written down and never started is started by the sweep', async () => {
  const name = 'startless';
  const hashes = await dropAndGather(name, ['a', 'b']);
  const run = runId(name, new Date(), '6d4dc3b937d4');
  const stored = await getJson<StoredPipeline>(`${sluice.urls.api}/pipelines/${name}`);
  const rows = (await rowsOf(name)).map((row) => ({ ...row, state: 'claimed', run }));
  for (const row of rows) await putJson(`ledger/${name}/rows/${row.hash}`, row);
  for (const hash of hashes) await control().deleteBlob(`ledger/${name}/pending/${hash}`);
  await putText(`runs/${run}/inputs.ndjson`, rows.map((row) => JSON.stringify(row)).join('\n'));
  await putJson(`runs/${run}/pipeline.json`, stored);
  await putText(`active/${run}`, '1');
  const record = newRun({
    id: run,
    pipeline: name,
    pipelineHash: stored.hash,
    trigger: { kind: 'drop' },
    startedAt: new Date().toISOString(),
  });
  await putJson(`runs/${run}/run.json`, record);
  await sluice.sweep();
  expect(await cleanedUp(sluice, run)).toMatchObject({
    status: 'Succeeded',
    counts: { items: 2 },
  });
  expect((await rowsOf(name)).map((row) => row.state)).toEqual(['done', 'done']);
});

test('two claims of the same drops that are carried out at once put each drop into exactly one run', async () => {
  const name = 'raced';
  const files = Array.from({ length: 10 }, (_, n) => `file-${n}`);
  const hashes = await dropAndGather(name, files);
  const holding = sluice.storageGate.holdNext(
    ({ method, url }) => method === 'PUT' && url.includes(`/ledger/${name}/rows/`),
  );
  await leaveOpen(name, hashes, 'ffffffffffff');
  const first = sluice.sweep();
  const held = await holding;
  await until('the first sweep has taken all drops but one', async () => {
    const waiting = await namesOf(`ledger/${name}/pending/`);
    return waiting.length <= 1 ? waiting : null;
  });
  // A claim whose turn comes before that of the first, for who lists them.
  await leaveOpen(name, hashes, '000000000000');
  await Promise.all([sluice.sweep(), sluice.sweep()]);
  await held.release();
  await first;
  const runs = await sluice.finished(name, files.length);
  const seen: string[] = [];
  for (const { id } of runs) seen.push(...byName(await sluice.manifest(id)).keys());
  expect(seen.toSorted()).toEqual(files);
  expect((await rowsOf(name)).map(({ state }) => state)).toEqual(files.map(() => 'done'));
  expect(await namesOf(`open/${name}/`)).toEqual([]);
});

test('an event that comes again while its drop is being taken leaves no drop that waits', async () => {
  const name = 'again';
  const command = 'touch "$OUTPUT_DIR/out.txt"';
  await sluice.apply(pipelineFile({ name, command, settle: '2s' }));
  await sluice.drop(name, { a: 'a' });
  const pending = `ledger/${name}/pending/`;
  await until('the drop waits', async () => (await namesOf(pending)).length || null);
  const holding = sluice.storageGate.holdNext(
    ({ method, url }) => method === 'PUT' && url.includes(`/${pending}`),
  );
  const [row] = await rowsOf(name);
  const again = storageEvent({ container: name, name: 'a', etag: row!.etag });
  const delivered = deliver(sluice.urls, again);
  const entry = await holding;
  const [run] = await sluice.finished(name, 1);
  // Nobody looks for drops of a pipeline that is paused, so what is left would stay.
  await fetch(`${sluice.urls.api}/pipelines/${name}/pause`, { method: 'POST' });
  await entry.release();
  expect(await delivered).toBeLessThan(300);
  expect(await namesOf(pending)).toEqual([]);
  expect(await sluice.runs(name)).toMatchObject([{ id: run!.id }]);
});

test('a claim that was closed since it was not its turn is open while its turn has come and its run is made', async () => {
  const name = 'reopened';
  const hold = (path: string): Promise<Held> =>
    sluice.storageGate.holdNext(
      ({ method, url }) => method === 'PUT' && url.includes(path) && url.includes(name),
    );
  const command = 'touch "$OUTPUT_DIR/out.txt"';
  await sluice.apply(pipelineFile({ name, command, rest: 'concurrency: queue' }));
  const taking = hold('/turns/');
  await sluice.drop(name, { a: '1' });
  const turn = await taking;
  const claims = (): Promise<string[]> => namesOf(`open/${name}/`);
  const [claim] = await claims();
  await control().deleteBlob(claim!);
  const claiming = hold('/rows/');
  await turn.release();
  const row = await claiming;
  expect(await claims()).toEqual([claim]);
  await row.release();
  expect(await sluice.finished(name, 1)).toMatchObject([{ status: 'Succeeded' }]);
  expect(await claims()).toEqual([]);
});

/** Drops files that no window closes over within the test; returns the names of their rows once all wait. */
async function dropAndGather(name: string, files: string[]): Promise<string[]> {
  const command = 'touch "$OUTPUT_DIR/out.txt"';
  await sluice.apply(pipelineFile({ name, command, settle: '1h, maxWait: 1h' }));
  await sluice.drop(name, Object.fromEntries(files.map((file) => [file, file])));
  const prefix = `ledger/${name}/pending/`;
  return until('all drops wait', async () => {
    const names = await namesOf(prefix);
    return names.length === files.length ? names.map((each) => each.slice(prefix.length)) : null;
  });
}

/** Writes that rows are to become a run and nothing more, as a collector that is lost then; returns the run's id. */
async function leaveOpen(
  pipeline: string,
  hashes: string[],
  hex = '6d4dc3b937d4',
): Promise<string> {
  const at = new Date();
  const run = runId(pipeline, at, hex);
  const stored = await getJson<StoredPipeline>(`${sluice.urls.api}/pipelines/${pipeline}`);
  const claim: Claim = { run, pipeline, stored, claimedAt: at.toISOString(), hashes };
  await putJson(`open/${pipeline}/${run}.json`, claim);
  return run;
}

async function rowsOf(pipeline: string): Promise<Row[]> {
  const names = await namesOf(`ledger/${pipeline}/rows/`);
  return Promise.all(
    names.map(async (each) => {
      const body = await control().getBlobClient(each).downloadToBuffer();
      return JSON.parse(body.toString()) as Row;
    }),
  );
}

const putJson = (path: string, value: object): Promise<void> =>
  putText(path, JSON.stringify(value));

async function putText(path: string, text: string): Promise<void> {
  await control().getBlockBlobClient(path).uploadData(Buffer.from(text));
}

const control = (): ContainerClient => sluice.blobs.getContainerClient('sluice');

async function namesOf(prefix: string): Promise<string[]> {
  const names: string[] = [];
  for await (const { name } of control().listBlobsFlat({ prefix })) names.push(name);
  return names;
}
