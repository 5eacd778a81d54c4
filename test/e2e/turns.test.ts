import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Ticked } from '../../lib/activities/schedule.ts';
import { cleanedUp, post, runOf } from './actions.ts';
import { pipelineFile, type Sluice, startSluice, temporaryFolder, until } from './harness.ts';

let sluice: Sluice;
let gates: string;

beforeAll(async () => {
  gates = temporaryFolder();
  sluice = await startSluice();
});
afterAll(async () => {
  await sluice.close();
  rmSync(gates, { recursive: true, force: true });
});

/** A pipeline whose tasks wait until a file of its name is there. */
async function gated(name: string, concurrency: string, match = '**'): Promise<() => void> {
  const gate = join(gates, name);
  const command = `until [ -e ${gate} ]; do sleep 0.1; done; cp "$INPUT" "$OUTPUT_DIR/out.txt"`;
  const rest = `concurrency: ${concurrency}`;
  await sluice.apply(pipelineFile({ name, command, match, settle: '0s', rest }));
  return () => writeFileSync(gate, '');
}

const ask = (pipeline: string, ...inputs: string[]) => post(sluice, '/runs', { pipeline, inputs });

test('of requests at the same time one gets its run and the others are told which one is going', async () => {
  const open = await gated('turnstile', 'skip', 'none');
  await sluice.drop('turnstile', { a: 'a', b: 'b', c: 'c' });
  const answers = await Promise.all(
    ['a', 'b', 'c', 'a', 'b', 'c'].map((name) => ask('turnstile', name)),
  );
  const begun = answers.filter(({ status }) => status === 201);
  expect(begun).toHaveLength(1);
  const { id } = begun[0]!.body;
  for (const { status, body } of answers.filter((answer) => answer.status !== 201)) {
    expect(status).toBe(409);
    expect(body).toMatchObject({ code: 'Conflict', detail: expect.stringContaining(id) });
    expect(body.detail).toMatch(/concurrency: skip.*Ask again when it has ended/);
  }
  open();
  await cleanedUp(sluice, id);
  const next = await ask('turnstile', 'b');
  expect(next.status).toBe(201);
  expect((await cleanedUp(sluice, next.body.id)).status).toBe('Succeeded');
});

test('drops that come while a run is going wait, and become one run when it has ended', async () => {
  const open = await gated('patient', 'queue');
  await sluice.drop('patient', { a: 'a' });
  const first = await until('the first run is there', async () => {
    const [run] = await sluice.runs('patient');
    return run?.phase === 'watch' ? run : null;
  });
  await sluice.drop('patient', { b: 'b', c: 'c' });
  await gathered('patient', 2);
  await fetch(`${sluice.urls.api}/sweep`, { method: 'POST' });
  expect(await sluice.runs('patient')).toHaveLength(1);
  expect((await runOf(sluice, first.id)).status).toBe('Running');
  open();
  const runs = await sluice.finished('patient', 3);
  expect(runs.map(({ status }) => status)).toEqual(['Succeeded', 'Succeeded']);
  expect(runs.map(({ counts }) => counts['items'])).toEqual([2, 1]);
  expect(Date.parse(runs[0]!.startedAt)).toBeGreaterThanOrEqual(Date.parse(runs[1]!.endedAt!));
});

test('a run that has ended is redriven only when none of its pipeline is going', async () => {
  const name = 'again';
  const gate = join(gates, name);
  const command = `[ "$NAME" = bad ] && exit 3; until [ -e ${gate} ]; do sleep 0.1; done; echo > "$OUTPUT_DIR/out.txt"`;
  await sluice.apply(pipelineFile({ name, command, match: 'none', rest: 'concurrency: queue' }));
  await sluice.drop(name, { bad: 'x', good: 'y' });
  const failed = await ask(name, 'bad');
  await cleanedUp(sluice, failed.body.id);
  const going = await ask(name, 'good');
  expect(going.status).toBe(201);
  const refused = await post(sluice, `/runs/${failed.body.id}/redrive`);
  expect(refused).toMatchObject({ status: 409, body: { code: 'Conflict' } });
  expect(refused.body.detail).toContain(going.body.id);
  writeFileSync(gate, '');
  expect(existsSync(gate)).toBe(true);
  await cleanedUp(sluice, going.body.id);
  expect((await post(sluice, `/runs/${failed.body.id}/redrive`)).status).toBe(202);
  await cleanedUp(sluice, failed.body.id);
});

test('the turn of a run that was never made is over when nobody can be making it any more', async () => {
  const open = await gated('cut', 'queue', 'none');
  open();
  await sluice.drop('cut', { a: 'a' });
  const lost = 'cut-261123220415-0123456789ab';
  const control = sluice.blobs.getContainerClient('sluice');
  const write = (name: string, value: object) => {
    const body = JSON.stringify(value);
    return control.getBlockBlobClient(name).upload(body, body.length);
  };
  await write('turns/cut.json', { run: lost, generation: 1, at: Date.now() });
  expect((await ask('cut', 'a')).body.detail).toContain(lost);
  await write('turns/cut.json', { run: lost, generation: 1, at: Date.now() - 3_600_000 });
  await write(`open/cut/${lost}.json`, { run: lost, pipeline: 'cut', claimedAt: '', hashes: [] });
  expect((await ask('cut', 'a')).body.detail).toContain(lost);
  await control.deleteBlob(`open/cut/${lost}.json`);
  const { status, body } = await ask('cut', 'a');
  expect(status).toBe(201);
  await cleanedUp(sluice, body.id);
});

/** Waits until so many drops of a pipeline are pending. */
async function gathered(pipeline: string, drops: number): Promise<void> {
  const control = sluice.blobs.getContainerClient('sluice');
  await until(`${drops} drops of ${pipeline} wait`, async () => {
    const names: string[] = [];
    const prefix = `ledger/${pipeline}/pending/`;
    for await (const { name } of control.listBlobsFlat({ prefix })) names.push(name);
    return names.length === drops ? names : null;
  });
}

/** Ticks as of a time far from now, and tells what was said of one pipeline. */
async function tick(pipeline: string, now: string): Promise<Ticked[]> {
  const body = JSON.stringify({ now });
  const response = await fetch(`${sluice.urls.api}/tick`, { method: 'POST', body });
  const { value } = (await response.json()) as { value: Ticked[] };
  return value.filter((ticked) => ticked.pipeline === pipeline);
}

test.each(['queue', 'skip'])(
  'a time that comes while a run is going is dealt with as %s says',
  async (concurrency) => {
    const name = `nightly-${concurrency}`;
    const gate = join(gates, name);
    const command = `until [ -e ${gate} ]; do sleep 0.1; done; cp "$INPUT" "$OUTPUT_DIR/out.txt"`;
    const rest = `concurrency: ${concurrency}`;
    const file = pipelineFile({ name, command, settle: '0s', rest });
    const schedule = 'schedule: { cron: "0 1 * * *" }';
    await sluice.apply(file.replace('settle: 0s } }', `settle: 0s }, ${schedule} }`));
    await sluice.drop(name, { a: 'a' });
    await gathered(name, 1);
    const [first] = (await tick(name, '2031-01-15T01:00:10.000Z')).flatMap(({ runs }) => runs);
    expect(first).toBeDefined();
    await sluice.drop(name, { b: 'b' });
    await gathered(name, 1);
    const [said] = await tick(name, '2031-01-16T01:00:10.000Z');
    expect(said).toMatchObject({ runs: [], note: expect.stringContaining(first!) as string });
    writeFileSync(gate, '');
    await cleanedUp(sluice, first!);
    const later = await tick(name, '2031-01-16T01:01:10.000Z');
    const begun = later.flatMap(({ runs }) => runs);
    expect(begun).toHaveLength(concurrency === 'queue' ? 1 : 0);
    for (const run of begun) await cleanedUp(sluice, run);
    expect(await sluice.runs(name)).toHaveLength(1 + begun.length);
  },
);

test('runs of a pipeline that allows it go at the same time', async () => {
  const open = await gated('free', 'allow', 'none');
  await sluice.drop('free', { a: 'a', b: 'b' });
  const answers = [await ask('free', 'a'), await ask('free', 'b')];
  expect(answers.map(({ status }) => status)).toEqual([201, 201]);
  open();
  for (const { body } of answers) await cleanedUp(sluice, body.id);
});
