import { writeFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { RunRecord } from '../../lib/plan/run.ts';
import { cleanedUp, post, start, textOf } from '../e2e/actions.ts';
import { byName, until } from '../e2e/harness.ts';
import type { Passing } from './gate.ts';
import { type Gated, startGated } from './gated.ts';

let sluice: Gated;

beforeAll(async () => {
  sluice = await startGated();
});
afterAll(() => sluice.close());

const MERGE = `merge: { command: 'xargs cat < "$INPUT_LIST" > "$OUTPUT_DIR/all.txt"', outputs: [all.txt] }`;

/** Requests of a redrive at which its instance is lost. */
const POINTS: [at: string, gate: 'storageGate' | 'batchGate', path: RegExp, body: string][] = [
  ['replan', 'storageGate', /\/rounds\/2\.json/, ''],
  ['resettle', 'storageGate', /\/settled\/2\.json/, ''],
  ['recommit', 'storageGate', /\/manifest\.json/, '"generation":2'],
  ['reconclude', 'storageGate', /\/run\.json/, '"status":"Succeeded"'],
];

test('a redrive whose instance is lost at any point is taken over and ends as if nothing had happened', async () => {
  const runs = await Promise.all(POINTS.map(([name]) => failed(name)));
  const held = await Promise.all(
    POINTS.map(async ([name, gate, path, body], index) => {
      const fits = (request: Passing): boolean =>
        request.method === 'PUT' &&
        path.test(request.url) &&
        request.url.includes(`${name}-`) &&
        request.body.includes(body);
      const holding = sluice[gate].holdNext(fits);
      writeFileSync(`${sluice.dataDir}/${name}`, '');
      expect((await post(sluice, `/runs/${runs[index]}/redrive`)).status).toBe(202);
      return holding;
    }),
  );
  for (const run of runs) await sluice.instance(`${run}-e2`, 'terminate');
  await until('every redrive has been adopted', async () => {
    await sluice.sweep();
    const epochs = await Promise.all(runs.map(async (run) => (await recordOf(run)).epoch));
    return epochs.every((epoch) => epoch > 2) ? epochs : null;
  });
  for (const run of runs) await isWhole(run);
  const before = await Promise.all(runs.map((run) => sluice.manifest(run)));
  for (const one of held) await one.release();
  expect(await Promise.all(runs.map((run) => sluice.manifest(run)))).toEqual(before);
}, 120_000);

/** A run of which one item failed. */
async function failed(name: string): Promise<string> {
  const command = `[ "$NAME" = a ] || [ -e "${sluice.dataDir}/${name}" ] || exit 5
cat "$INPUT" > "$OUTPUT_DIR/out.txt"`;
  const files = { a: 'of a;', b: 'of b;' };
  const id = await start(sluice, { name, command, pack: 2, rest: MERGE }, files);
  return (await cleanedUp(sluice, id)).id;
}

async function recordOf(run: string): Promise<RunRecord> {
  const blob = sluice.blobs.getContainerClient('sluice').getBlobClient(`runs/${run}/run.json`);
  return JSON.parse((await blob.downloadToBuffer()).toString()) as RunRecord;
}

async function isWhole(run: string): Promise<void> {
  expect(await cleanedUp(sluice, run)).toMatchObject({ status: 'Succeeded', generation: 2 });
  const manifest = await sluice.manifest(run);
  expect(manifest).toMatchObject({ generation: 2, run: { status: 'Succeeded' }, failures: [] });
  const attempts = [...byName(manifest)].map(([, item]) =>
    item.attempts.map(({ exitCode }) => exitCode),
  );
  expect(attempts).toEqual([[0], [5, 0]]);
  expect(await textOf(sluice, manifest.merge!.outputs[0]!.url)).toBe('of a;of b;');
}

test('what an old instance still had to remove leaves the mark of a redrive that came since', async () => {
  const name = 'remark';
  const active = sluice.blobs.getContainerClient('sluice');
  const holding = sluice.storageGate.holdNext(
    ({ method, url }) => method === 'DELETE' && url.includes(`/active/${name}-`),
  );
  const gate = `${sluice.dataDir}/${name}`;
  const command = `[ -e ${gate}-open ] && { until [ -e ${gate} ]; do sleep 0.1; done; } || exit 5
cat "$INPUT" > "$OUTPUT_DIR/out.txt"`;
  const run = await start(sluice, { name, command }, { a: 'of a;' });
  const late = await holding;
  await sluice.instance(`${run}-e1`, 'terminate');
  await until('another instance has cleaned up', async () => {
    await sluice.sweep();
    return (await active.getBlobClient(`active/${run}`).exists()) ? null : true;
  });
  writeFileSync(`${gate}-open`, '');
  expect((await post(sluice, `/runs/${run}/redrive`)).status).toBe(202);
  await late.release();
  expect(await active.getBlobClient(`active/${run}`).exists()).toBe(true);
  writeFileSync(gate, '');
  expect(await cleanedUp(sluice, run)).toMatchObject({ status: 'Succeeded', generation: 2 });
}, 60_000);

test('each redrive of a run whose job is gone runs in a new job, whose name the run has not had before', async () => {
  const name = 'renamed';
  const run = await failed(name);
  for (const status of ['Failed', 'Succeeded']) {
    const jobs = await sluice.batch.job.list();
    expect(jobs.map(({ id }) => id).filter((id) => id?.startsWith(run))).toEqual([]);
    if (status === 'Succeeded') writeFileSync(`${sluice.dataDir}/${name}`, '');
    expect((await post(sluice, `/runs/${run}/redrive`)).status).toBe(202);
    expect(await cleanedUp(sluice, run)).toMatchObject({ status });
  }
  const filled = sluice.batchGate.passed.flatMap(
    ({ url }) => /^\/jobs\/(.+)\/addtaskcollection/.exec(url)?.[1] ?? [],
  );
  expect(new Set(filled.filter((job) => job.startsWith(run))).size).toBe(3);
}, 60_000);

test('an input overwritten between plan and task fails its item as changed, and a redrive takes what is there now', async () => {
  const holding = sluice.batchGate.holdNext(
    ({ method, url, body }) =>
      method === 'POST' && url.startsWith('/pools?') && body.includes('swapped-'),
  );
  const command = 'cp "$INPUT" "$OUTPUT_DIR/out.txt"';
  const id = await start(sluice, { name: 'swapped', command }, { a: 'same', b: 'planned' });
  const held = await holding;
  await sluice.drop('swapped', { b: 'another' });
  await held.release();
  await cleanedUp(sluice, id);
  const items = byName(await sluice.manifest(id));
  expect(items.get('a')).toMatchObject({ status: 'Succeeded' });
  expect(items.get('b')).toMatchObject({ status: 'Failed', cause: 'InputChanged', outputs: [] });
  expect((await post(sluice, `/runs/${id}/redrive`)).status).toBe(202);
  await cleanedUp(sluice, id);
  const after = byName(await sluice.manifest(id)).get('b')!;
  expect(after).toMatchObject({ status: 'Succeeded', cause: null });
  expect(await textOf(sluice, after.outputs[0]!.url)).toBe('another');
});
