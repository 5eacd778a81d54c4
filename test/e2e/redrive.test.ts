import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { cleanedUp, cli, post, start, textOf, timesRun } from './actions.ts';
import { byName, type Sluice, startSluice, temporaryFolder } from './harness.ts';

const folder = temporaryFolder();
let sluice: Sluice;

beforeAll(async () => {
  sluice = await startSluice();
});
afterAll(async () => {
  await sluice.close();
  rmSync(folder, { recursive: true, force: true });
});

const MERGE = `merge: { command: 'echo >> "${folder}/merges"; xargs cat < "$INPUT_LIST" > "$OUTPUT_DIR/all.txt"', outputs: [all.txt] }`;
const flag = (name: string): void => writeFileSync(join(folder, name), '');

/** Fails for the files called bad-… until there is a flag called after them. */
const COMMAND = `echo >> "${folder}/$NAME.times"
case "$NAME" in *bad*) [ -e "${folder}/$NAME" ] || { echo "no flag" >&2; exit 5; } ;; esac
cat "$INPUT" > "$OUTPUT_DIR/out.txt"`;

async function failedRun(name: string, files: string[], rest = ''): Promise<string> {
  const bodies = Object.fromEntries(files.map((file) => [file, `${file};`]));
  const id = await start(sluice, { name, command: COMMAND, pack: 2, rest }, bodies);
  return (await cleanedUp(sluice, id)).id;
}

test.concurrent('a redrive runs what failed and nothing else, and merges again', async () => {
  const run = await failedRun('mended', ['m-a', 'm-bad', 'm-c'], MERGE);
  const before = await sluice.manifest(run);
  expect(before).toMatchObject({
    generation: 1,
    run: { status: 'Failed' },
    merge: { status: 'Skipped' },
  });
  await goneFromBatch(run);
  flag('m-bad');
  const answers = await Promise.all([1, 2, 3].map(() => post(sluice, `/runs/${run}/redrive`)));
  expect(answers.map(({ status }) => status).toSorted()).toEqual([202, 409, 409]);
  const going = await post(sluice, `/runs/${run}/redrive`);
  expect(going).toMatchObject({ status: 409, body: { code: 'Conflict' } });
  await cleanedUp(sluice, run);
  const after = await sluice.manifest(run);
  expect(after).toMatchObject({
    generation: 2,
    run: { id: run, status: 'Succeeded' },
    counts: { items: 3, succeeded: 3, failed: 0 },
    failures: [],
    merge: { status: 'Succeeded' },
  });
  const items = byName(after);
  expect(items.get('m-a')).toEqual(byName(before).get('m-a'));
  expect(items.get('m-bad')!.attempts.map(({ exitCode }) => exitCode)).toEqual([5, 0]);
  expect(['m-a', 'm-bad', 'm-c'].map((name) => timesRun(folder, `${name}.times`))).toEqual([
    1, 2, 1,
  ]);
  expect(await textOf(sluice, after.merge!.outputs[0]!.url)).toBe('m-a;m-bad;m-c;');
  expect(await post(sluice, `/runs/${run}/redrive`)).toMatchObject({
    status: 409,
    body: { detail: `All 3 items of run ${run} succeeded.` },
  });
  await goneFromBatch(run);
});

/** Days later there is neither job nor pool: who deletes them by hand finds nothing to delete. */
async function goneFromBatch(run: string): Promise<void> {
  const jobs = [...(await sluice.batch.job.list())].filter(({ id }) => id?.startsWith(run));
  expect(jobs).toEqual([]);
  await expect(sluice.batch.pool.deleteMethod(run)).rejects.toMatchObject({ statusCode: 404 });
}

test.concurrent('what is run again can be chosen by item and cause, and the merge is kept while nothing new is accepted', async () => {
  const run = await failedRun(
    'chosen',
    ['c-bad-1', 'c-bad-2', 'c-ok'],
    `tolerate: 2\n${MERGE.replaceAll('merges', 'kept')}`,
  );
  expect(await sluice.manifest(run)).toMatchObject({
    run: { status: 'CompletedWithFailures' },
    merge: { status: 'Succeeded' },
  });
  const refused = await Promise.all([
    post(sluice, `/runs/${run}/redrive`, { items: ['000003'] }),
    post(sluice, `/runs/${run}/redrive`, { items: ['000009'] }),
    post(sluice, `/runs/${run}/redrive`, { causes: ['Timeout'] }),
    post(sluice, `/runs/${run}/redrive`, { causes: ['Nothing'] }),
    post(sluice, '/runs/nope-261124001703-6d4dc3b937d4/redrive'),
  ]);
  expect(refused.map(({ status, body }) => [status, body.code])).toEqual([
    [409, 'Conflict'],
    [400, 'InvalidRequest'],
    [409, 'Conflict'],
    [400, 'InvalidRequest'],
    [404, 'NotFound'],
  ]);
  const again = await cli(sluice, 'retry', run, '--item', '000001', '--cause', 'ExitCode');
  expect(again).toMatchObject({
    status: 0,
    stdout: expect.stringContaining('generation 2') as string,
  });
  await cleanedUp(sluice, run);
  const second = await sluice.manifest(run);
  expect([...byName(second)].map(([, { attempts }]) => attempts.length)).toEqual([2, 1, 1]);
  expect(second).toMatchObject({
    generation: 2,
    failures: [{ items: 2, cause: 'ExitCode', line: 'no flag' }],
  });
  expect(second.merge!.attempts).toHaveLength(1);
  expect(timesRun(folder, 'kept')).toBe(1);
  flag('c-bad-1');
  flag('c-bad-2');
  expect(await cli(sluice, 'retry', run)).toMatchObject({ status: 0 });
  await cleanedUp(sluice, run);
  const third = await sluice.manifest(run);
  expect(third).toMatchObject({ generation: 3, run: { status: 'Succeeded' }, failures: [] });
  expect([...byName(third)].map(([, { attempts }]) => attempts.length)).toEqual([3, 2, 1]);
  expect(third.merge!.attempts.map(({ attempt }) => attempt)).toEqual([1, 3]);
  expect(await textOf(sluice, third.merge!.outputs[0]!.url)).toBe('c-bad-1;c-bad-2;c-ok;');
});

test.concurrent('an input that was mended is run in its new version', async () => {
  const command = 'grep -q good "$INPUT"; cp "$INPUT" "$OUTPUT_DIR/out.txt"';
  const id = await start(sluice, { name: 'inputs', command }, { x: 'broken', y: 'good' });
  await cleanedUp(sluice, id);
  const before = byName(await sluice.manifest(id)).get('x')!;
  expect(before).toMatchObject({ status: 'Failed', inputs: [{ size: 6 }] });
  await sluice.drop('inputs', { x: 'good now' });
  expect((await post(sluice, `/runs/${id}/redrive`)).status).toBe(202);
  await cleanedUp(sluice, id);
  const after = byName(await sluice.manifest(id)).get('x')!;
  expect(after).toMatchObject({ status: 'Succeeded', inputs: [{ size: 8 }] });
  expect(after.inputs[0]!.etag).not.toBe(before.inputs[0]!.etag);
});

test.concurrent('verify finds an output that is gone, and those that were written again, by their size, hash or version', async () => {
  const command = 'cat "$INPUT" > "$OUTPUT_DIR/out.txt"';
  const merge = `merge: { command: 'cp "$INPUT_LIST" "$OUTPUT_DIR/all.txt"', outputs: [all.txt] }`;
  const files = { a: 'one', b: 'two', c: 'three', d: 'four' };
  const id = await start(sluice, { name: 'verified', command, rest: merge }, files);
  await cleanedUp(sluice, id);
  expect(await cli(sluice, 'verify', id)).toMatchObject({
    status: 0,
    stdout: '5 of 5 outputs are in storage as the manifest has them\n',
  });
  const work = sluice.blobs.getContainerClient('sluice-work');
  await work.deleteBlob(`runs/${id}/out/000001/a1/out.txt`);
  const same = Buffer.from('TWO');
  await work.getBlockBlobClient(`runs/${id}/out/000002/a1/out.txt`).upload(same, same.length);
  await work.getBlockBlobClient(`runs/${id}/out/000003/a1/out.txt`).upload('thr', 3);
  // Of what is put together from blocks storage has no hash.
  const merged = (await sluice.manifest(id)).merge!.outputs[0]!;
  const blocks = work.getBlockBlobClient(new URL(merged.url).pathname.split('/sluice-work/')[1]!);
  const block = Buffer.from('1').toString('base64');
  await blocks.stageBlock(block, 'x'.repeat(merged.size), merged.size);
  await blocks.commitBlockList([block]);
  const { status, stdout } = await cli(sluice, 'verify', id);
  expect(status).toBe(1);
  expect(stdout).toMatch(/000001 +out\.txt +is gone/);
  expect(stdout).toMatch(/000002 +out\.txt +has MD5/);
  expect(stdout).toMatch(/000003 +out\.txt +has 3 bytes instead of 5/);
  expect(stdout).toMatch(/merge +all\.txt +was written again since/);
  expect(stdout).toContain('1 of 5 outputs');
  const faults = await cli(sluice, 'verify', id, '--json');
  expect(JSON.parse(faults.stdout)).toMatchObject({
    checked: 5,
    faults: [{ item: '000001' }, { item: '000002' }, { item: '000003' }, { item: 'merge' }],
  });
});
