import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { cleanedUp, post, start } from '../e2e/actions.ts';
import { byName, until } from '../e2e/harness.ts';
import { type Gated, startGated } from './gated.ts';

let sluice: Gated;
beforeAll(async () => {
  sluice = await startGated();
});
afterAll(() => sluice.close());

test('a run whose container of inputs is deleted while it works ends with what it had read', async () => {
  const gate = `${sluice.dataDir}/go-on`;
  const command = `until [ -e ${gate} ]; do sleep 0.1; done
cat "$INPUT" > "$OUTPUT_DIR/out.txt"`;
  const id = await start(sluice, { name: 'bereft', command }, { a: 'a', b: 'b' });
  await until('its tasks run', async () => {
    const [run] = await sluice.runs('bereft');
    return run?.counts.tasks.running === 2 ? true : null;
  });
  await sluice.blobs.deleteContainer('bereft');
  writeFileSync(gate, '');
  expect(await cleanedUp(sluice, id)).toMatchObject({ status: 'Succeeded' });
  expect(byName(await sluice.manifest(id)).size).toBe(2);
}, 120_000);

test('a run that is cancelled before who took it over has come to its job ends that job first', async () => {
  const file = `${sluice.dataDir}/ticks`;
  const command = `while sleep 0.1; do date +%s%3N >> ${file}; done`;
  const id = await start(sluice, { name: 'taken', command }, { a: 'a' });
  await until('its task runs', async () => existsSync(file) || null);
  await sluice.instance(`${id}-e1`, 'terminate');
  // What the cancel itself asks of Batch does not come through.
  const holding = sluice.batchGate.holdNext(({ url }) => url.includes('/terminate'));
  const cancelling = post(sluice, `/runs/${id}/cancel`);
  const held = await holding;
  await sluice.sweep();
  const run = await cleanedUp(sluice, id);
  expect(run.status).toBe('Cancelled');
  const ticks = readFileSync(file, 'utf8').trim().split('\n').map(Number);
  expect(Math.max(...ticks)).toBeLessThan(Date.parse(run.endedAt!));
  await held.release();
  await cancelling;
}, 120_000);

test('folders that an account lists as blobs of their own are no outputs', async () => {
  const gate = `${sluice.dataDir}/listed`;
  const command = `mkdir -p "$OUTPUT_DIR/sub/deep"
echo one > "$OUTPUT_DIR/sub/deep/x.txt"
: > "$OUTPUT_DIR/empty.txt"
until [ -e ${gate} ]; do sleep 0.1; done`;
  const outputs = '[sub/deep/x.txt, empty.txt]';
  const id = await start(sluice, { name: 'folders', command, outputs }, { a: 'a' });
  await until('its task runs', async () => {
    const [run] = await sluice.runs('folders');
    return run?.counts.tasks.running === 1 ? true : null;
  });
  const work = sluice.blobs.getContainerClient('sluice-work');
  for (const folder of ['sub', 'sub/deep']) {
    await work.getBlockBlobClient(`runs/${id}/out/000001/a1/${folder}`).upload('', 0);
  }
  writeFileSync(gate, '');
  expect(await cleanedUp(sluice, id)).toMatchObject({ status: 'Succeeded' });
  const [item] = (await sluice.manifest(id)).items!;
  expect(item!.outputs.map(({ name }) => name).toSorted()).toEqual(['empty.txt', 'sub/deep/x.txt']);
}, 120_000);
