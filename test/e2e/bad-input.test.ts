import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { byName, pipelineFile, type Sluice, startSluice } from './harness.ts';

let sluice: Sluice;

beforeAll(async () => {
  sluice = await startSluice();
});
afterAll(() => sluice.close());

test('commands that fail, hang or break their promise fail their own items and no others', async () => {
  const command = `case "$STEM" in
  fails) echo 'cannot read it' >&2; exit 3 ;;
  hangs) sleep 100 ;;
  silent) exit 0 ;;
esac
echo fine > "$OUTPUT_DIR/out.txt"`;
  await sluice.apply(
    pipelineFile({ name: 'mixed', command, pack: 3, timeout: '1s', rest: 'tolerate: 75%' }),
  );
  await sluice.drop('mixed', { 'fails.x': '1', 'hangs.x': '1', 'silent.x': '1', 'good.x': '1' });
  const [run] = await sluice.finished('mixed', 4);
  expect(run).toMatchObject({
    status: 'CompletedWithFailures',
    counts: { succeeded: 1, failed: 3 },
  });
  const items = byName(await sluice.manifest(run!.id));
  expect(items.get('good.x')).toMatchObject({
    status: 'Succeeded',
    cause: null,
    outputs: [{ name: 'out.txt' }],
  });
  expect(items.get('fails.x')).toMatchObject({
    status: 'Failed',
    cause: 'ExitCode',
    attempts: [{ exitCode: 3, stdout: null }],
  });
  expect(items.get('hangs.x')).toMatchObject({
    status: 'Failed',
    cause: 'Timeout',
    attempts: [{ exitCode: 124 }],
  });
  expect(items.get('silent.x')).toMatchObject({
    status: 'Failed',
    cause: 'NoOutput',
    attempts: [{ exitCode: 0 }],
  });
  expect(await stderrOf(items.get('fails.x')!.attempts[0]!.stderr!)).toBe('cannot read it\n');
  expect(await stderrOf(items.get('silent.x')!.attempts[0]!.stderr!)).toContain(
    "left no 'out.txt'",
  );
});

test('a run with more failures than it tolerates has failed, and its merge is skipped with the reason', async () => {
  const merge = "merge: { command: 'true', outputs: [total.txt] }";
  await sluice.apply(pipelineFile({ name: 'failing', command: 'exit 1', rest: merge }));
  await sluice.drop('failing', { a: '1', b: '2' });
  const [run] = await sluice.finished('failing', 2);
  expect(run).toMatchObject({ status: 'Failed', counts: { succeeded: 0, failed: 2 } });
  expect(await sluice.manifest(run!.id)).toMatchObject({
    merge: { status: 'Skipped', message: '2 items failed, and the pipeline tolerates 0' },
  });
});

test('a corrupt and an empty gzip among good ones fail alone, with what zcat said', async () => {
  const command = `zcat "$INPUT" | wc -l > "$OUTPUT_DIR/out.txt"`;
  await sluice.apply(pipelineFile({ name: 'gzips', command, pack: 10, rest: 'tolerate: 2' }));
  const good = gzipSync('one\ntwo\n'.repeat(2000));
  await sluice.drop('gzips', {
    'a.gz': good,
    'torn.gz': good.subarray(0, 20),
    'empty.gz': '',
    'text.gz': 'no gzip',
    'z.gz': good,
  });
  const [run] = await sluice.finished('gzips', 5);
  const items = byName(await sluice.manifest(run!.id));
  expect(
    [...items].filter(([, { status }]) => status === 'Succeeded').map(([name]) => name),
  ).toEqual(['a.gz', 'z.gz']);
  for (const name of ['torn.gz', 'empty.gz', 'text.gz']) {
    expect(items.get(name)).toMatchObject({ cause: 'ExitCode', attempts: [{ exitCode: 1 }] });
    expect(await stderrOf(items.get(name)!.attempts[0]!.stderr!)).toContain('gzip');
  }
  expect(run!.status).toBe('Failed');
});

test('zero-byte files are items like any other', async () => {
  await sluice.apply(
    pipelineFile({ name: 'empty', command: 'wc -c < "$INPUT" > "$OUTPUT_DIR/out.txt"' }),
  );
  await sluice.drop('empty', { nothing: '', something: 'x' });
  expect(await sluice.finished('empty', 2)).toMatchObject([{ status: 'Succeeded' }]);
});

const HOSTILE = [
  '$(touch x).gz',
  '`touch x`.gz',
  '"; touch x; ".gz',
  "'; touch x; '.gz",
  'semi;colon.gz',
  'line\nbreak.gz',
  'tab\tbed.gz',
  '-rf',
  '--help.gz',
  '%2e%2e%2fescape.gz',
  '100%.gz',
  '😀 ümlaut.gz',
  `${'x'.repeat(247)}.gz`,
  'q?#&=+.gz',
  '*',
  '{a,b}.gz',
  ' leading space',
  'deep/er/$(touch x)/-f.gz',
  '.hidden',
  '~',
  '#',
  '!history',
];

test('a blob may be called anything: its name is only a name, and comes through byte for byte', async () => {
  const command = `printf %s "$NAME" > "$OUTPUT_DIR/name.txt"
cat "$INPUT" > "$OUTPUT_DIR/copy.txt"
[ ! -e x ] && [ ! -e ../x ] && [ ! -e ../../x ]`;
  const rest = `merge: { command: 'ls "$INPUT_DIR" | wc -l > "$OUTPUT_DIR/n.txt"', outputs: [n.txt] }`;
  await sluice.apply(
    pipelineFile({
      name: 'hostile',
      command,
      pack: 7,
      outputs: '[name.txt, copy.txt]',
      settle: '3s',
      rest,
    }),
  );
  await sluice.drop(
    'hostile',
    Object.fromEntries(HOSTILE.map((name) => [name, `body of ${name}`])),
  );
  const [run] = await sluice.finished('hostile', HOSTILE.length);
  const manifest = await sluice.manifest(run!.id);
  const items = byName(manifest);
  expect([...items.keys()].toSorted()).toEqual(HOSTILE.toSorted());
  expect([...items].filter(([, { status }]) => status !== 'Succeeded')).toEqual([]);
  const work = sluice.blobs.getContainerClient('sluice-work');
  for (const name of HOSTILE) {
    const folder = `runs/${run!.id}/out/${items.get(name)!.id}/a1`;
    expect((await work.getBlobClient(`${folder}/name.txt`).downloadToBuffer()).toString()).toBe(
      name,
    );
    expect((await work.getBlobClient(`${folder}/copy.txt`).downloadToBuffer()).toString()).toBe(
      `body of ${name}`,
    );
  }
  expect(run!.status).toBe('Succeeded');
});

test('an output may be called after a hostile input', async () => {
  const command = 'cp "$INPUT" "$OUTPUT_DIR/copy of $STEM"';
  await sluice.apply(pipelineFile({ name: 'stems', command, outputs: "['copy of *']" }));
  const names = ['a\nb.gz', '$(x).gz', "it's.gz", '😀.gz', '%41.gz'];
  await sluice.drop('stems', Object.fromEntries(names.map((name) => [name, name])));
  const [run] = await sluice.finished('stems', names.length);
  const items = byName(await sluice.manifest(run!.id));
  for (const name of names) {
    expect(items.get(name)).toMatchObject({
      status: 'Succeeded',
      outputs: [{ name: `copy of ${name.slice(0, -3)}` }],
    });
  }
});

test('a pack with an input that is gone goes again as single items, and only that item fails', async () => {
  await sluice.apply(
    pipelineFile({
      name: 'gone',
      command: 'cp "$INPUT" "$OUTPUT_DIR/out.txt"',
      pack: 4,
      settle: '1s',
      rest: 'tolerate: 1',
    }),
  );
  await sluice.drop('gone', { a: '1', b: '2', c: '3' });
  await sluice.blobs.getContainerClient('gone').deleteBlob('b');
  const [run] = await sluice.finished('gone', 3);
  expect(run).toMatchObject({ status: 'CompletedWithFailures' });
  const items = byName(await sluice.manifest(run!.id));
  expect(items.get('b')).toMatchObject({ status: 'Failed', cause: 'Input' });
  expect(items.get('a')).toMatchObject({ status: 'Succeeded' });
  expect(items.get('c')).toMatchObject({ status: 'Succeeded' });
});

test('an invalid pipeline is answered with every fault, its place and its fix, and changes nothing', async () => {
  const source = pipelineFile({ name: 'broken', command: 'true' }).replace('pack: 1', 'pack: none');
  const url = `${sluice.urls.api}/pipelines/broken`;
  const response = await fetch(url, { method: 'PUT', body: source });
  expect(response.status).toBe(422);
  expect(response.headers.get('content-type')).toBe('application/problem+json');
  expect(await response.json()).toMatchObject({
    code: 'InvalidPipeline',
    errors: [{ file: 'broken.yaml', line: 5, column: 9, path: 'tasks.pack', got: '"none"' }],
  });
  expect((await fetch(url)).status).toBe(404);
});

async function stderrOf(url: string): Promise<string> {
  const name = decodeURIComponent(new URL(url).pathname).replace(
    /^\/devstoreaccount1\/sluice-work\//,
    '',
  );
  const blob = sluice.blobs.getContainerClient('sluice-work').getBlobClient(name);
  return (await blob.downloadToBuffer()).toString();
}
