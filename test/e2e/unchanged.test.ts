import { afterAll, beforeAll, expect, test } from 'vitest';
import { previewSchema } from '../../lib/plan/preview-schema.ts';
import { cli, post, textOf } from './actions.ts';
import { type Manifest, type ManifestItem, type Sluice, startSluice, until } from './harness.ts';

let sluice: Sluice;

beforeAll(async () => {
  sluice = await startSluice();
});
afterAll(() => sluice.close());

/** A pipeline over what lies in its container; each item says when it ran, so that a second time shows. */
const over = (name: string, { command = '', rest = '' } = {}) => `name: ${name}
params: { unit: { type: string, default: m } }
skipUnchanged: true
tasks:
  forEach: prefix
  prefix: { container: ${name}, match: ['**/*.txt'] }
  command: |
    { cat "$INPUT"; echo "$PARAM_UNIT"; date +%s%N; } > "$OUTPUT_DIR/out.txt" ${command}
  outputs: [out.txt]
  timeout: 1m
pool: { vmSize: Standard_D2as_v5, nodes: { max: 1 }, slots: 2 }
${rest}
`;
const MERGE = `merge: { command: 'xargs cat < "$INPUT_LIST" > "$OUTPUT_DIR/all.txt"', outputs: [all.txt] }`;

async function run(pipeline: string, params?: object): Promise<Manifest> {
  const { status, body } = await post(sluice, '/runs', { pipeline, ...(params && { params }) });
  expect({ status, body }).toMatchObject({ status: 201 });
  return until(
    `run ${body.id} has a manifest, and its place among those that are over`,
    async () => {
      const manifest = await sluice.manifest(body.id).catch(() => null);
      const [newest] = await sluice.runs(pipeline);
      return newest?.id === body.id && newest.phase === 'done' ? manifest : null;
    },
  );
}

const reusedFrom = ({ items }: Manifest) => items!.map(({ reused }) => reused?.run ?? null);
const output = ({ outputs: [file] }: ManifestItem) => textOf(sluice, file!.url);
const jobs = async () => [...(await sluice.batch.job.list())].length;

test('an item runs again only when something changed that its outputs depend on', async () => {
  const name = 'again';
  await sluice.blobs.createContainer(name);
  await sluice.apply(over(name, { rest: MERGE }));
  await sluice.drop(name, { 'a.txt': 'A', 'b.txt': 'B', 'note.md': '' });
  const first = await run(name);
  expect(reusedFrom(first)).toEqual([null, null]);

  await sluice.drop(name, { 'b.txt': 'BB', 'c.txt': 'C' });
  const second = await run(name);
  expect(second.counts).toEqual({ items: 3, succeeded: 3, failed: 0, cancelled: 0 });
  expect(reusedFrom(second)).toEqual([first.run.id, null, null]);
  expect(second.items![0]).toMatchObject({
    reused: { run: first.run.id, item: '000001', attempt: 1 },
    outputs: first.items![0]!.outputs,
    attempts: [],
  });
  expect(await cli(sluice, 'verify', second.run.id)).toMatchObject({
    status: 0,
    stdout: '4 of 4 outputs are in storage as the manifest has them\n',
  });
  // The merge is over new and old outputs alike.
  const all = await Promise.all(second.items!.map(output));
  expect(await textOf(sluice, second.merge!.outputs[0]!.url)).toBe(all.join(''));

  // What the second run reused is found in its manifest, and is still the first one's.
  const third = await run(name);
  expect(reusedFrom(third)).toEqual([first.run.id, second.run.id, second.run.id]);
  expect(await textOf(sluice, third.merge!.outputs[0]!.url)).toBe(all.join(''));

  const other = await run(name, { unit: 'km' });
  expect(reusedFrom(other)).toEqual([null, null, null]);
  await sluice.apply(over(name, { command: '# and more', rest: MERGE }));
  expect(reusedFrom(await run(name))).toEqual([null, null, null]);
});

test('a run of nothing but unchanged items makes neither pool nor job', async () => {
  const name = 'idle';
  await sluice.blobs.createContainer(name);
  await sluice.apply(over(name));
  await sluice.drop(name, { 'a.txt': 'A' });
  const first = await run(name);
  const requests = await jobs();
  const plan = previewSchema.parse((await post(sluice, '/plans', { pipeline: name })).body);
  expect(plan).toMatchObject({
    items: 0,
    skipped: [{ reason: `it is unchanged since run ${first.run.id}`, examples: ['idle/a.txt'] }],
  });
  const second = await run(name);
  expect(second.run.status).toBe('Succeeded');
  expect(second.counts).toMatchObject({ items: 1, succeeded: 1 });
  expect(reusedFrom(second)).toEqual([first.run.id]);
  expect(await jobs()).toBe(requests);
  expect(await post(sluice, `/runs/${second.run.id}/redrive`)).toMatchObject({ status: 409 });
});

test('an item whose earlier outputs are gone, or which failed, runs again', async () => {
  const name = 'gone';
  await sluice.blobs.createContainer(name);
  await sluice.apply(over(name, { command: '\n    [ "$STEM" != bad ]' }));
  await sluice.drop(name, { 'a.txt': 'A', 'b.txt': 'B', 'bad.txt': '' });
  const first = await run(name);
  expect(first.counts).toMatchObject({ succeeded: 2, failed: 1 });
  const { url } = first.items![0]!.outputs[0]!;
  const path = new URL(url).pathname.split('/').slice(3).join('/');
  await sluice.blobs.getContainerClient('sluice-work').deleteBlob(decodeURIComponent(path));
  const second = await run(name);
  expect(reusedFrom(second)).toEqual([null, first.run.id, null]);
});

test('a run whose outputs another one reuses is kept as long as that', async () => {
  const name = 'kept';
  await sluice.blobs.createContainer(name);
  await sluice.apply(over(name, { rest: 'keep: { runs: 1h }' }));
  await sluice.drop(name, { 'a.txt': 'A' });
  const first = await run(name);
  const second = await run(name);
  expect(reusedFrom(second)).toEqual([first.run.id]);
  await sluice.apply(over(name, { rest: 'keep: { runs: 0s }' }));
  const garbage = async (): Promise<string[]> => {
    const response = await fetch(`${sluice.urls.api}/gc`, { method: 'POST' });
    const { value } = (await response.json()) as { value: { run: string }[] };
    return value.map((each) => each.run).filter((id) => id.startsWith(name));
  };
  expect(await garbage()).toEqual([second.run.id]);
  expect(await garbage()).toEqual([first.run.id]);
});
