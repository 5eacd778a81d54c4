import { chmodSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { BlockBlobClient } from '@azure/storage-blob';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { armClientFor, group } from '../local/batch/arm-client.ts';
import { zipOf } from '../local/batch/zip.ts';
import { ACCOUNTS } from '../../local/stack/accounts.ts';
import { post, textOf } from './actions.ts';
import { byName, pipelineFile, type Sluice, startSluice, temporaryFolder } from './harness.ts';

/** In two parts, so that nothing that names this file holds it. */
const SECRET = ['hush', 'hush-4711'].join('-');
const { PATH } = process.env;
let sluice: Sluice;
let bin: string;

beforeAll(async () => {
  bin = temporaryFolder();
  // Stands in for a container engine: it notes the image and runs what follows it.
  writeFileSync(
    join(bin, 'docker'),
    `#!/bin/sh\n[ "$1" = run ] || exit 0\nwhile [ "$1" != tool:1 ]; do shift; done\nshift\nIN_IMAGE=tool:1 exec "$@"\n`,
  );
  chmodSync(join(bin, 'docker'), 0o755);
  process.env['PATH'] = `${bin}:${PATH}`;
  process.env['TEST_API_TOKEN'] = SECRET;
  sluice = await startSluice();
});

afterAll(async () => {
  process.env['PATH'] = PATH;
  delete process.env['TEST_API_TOKEN'];
  await sluice.close();
  rmSync(bin, { recursive: true, force: true });
});

test('variables and secrets reach the command and the merge, and no secret reaches anything else', async () => {
  const name = 'vars';
  // The length tells that it is there without saying it.
  const command = 'echo "$MODE ${#TOKEN}" > "$OUTPUT_DIR/out.txt"';
  await sluice.apply(
    pipelineFile({
      name,
      command,
      settle: '0s',
      tasks: 'environment: { MODE: "a \'b\' $c", N: 3 }\n  secrets: { TOKEN: TEST_API_TOKEN }',
      rest: `merge: { command: 'echo "$N \${#TOKEN}" > "$OUTPUT_DIR/m.txt"', outputs: [m.txt] }`,
    }),
  );
  await sluice.drop(name, { x: '' });
  const [run] = await sluice.finished(name, 1);
  expect(run).toMatchObject({ status: 'Succeeded' });
  const { items, merge } = await sluice.manifest(run!.id);
  expect(await textOf(sluice, items![0]!.outputs[0]!.url)).toBe(`a 'b' $c ${SECRET.length}\n`);
  expect(await textOf(sluice, merge!.outputs[0]!.url)).toBe(`3 ${SECRET.length}\n`);
  expect(await whereSaid(SECRET)).toEqual([]);
});

/** Which blobs, logs of the stack, and answers hold a text. */
async function whereSaid(text: string): Promise<string[]> {
  const found: string[] = [];
  for (const container of ['sluice', 'sluice-work']) {
    const client = sluice.blobs.getContainerClient(container);
    for await (const { name } of client.listBlobsFlat()) {
      const body = await client.getBlobClient(name).downloadToBuffer();
      if (name.includes(text) || body.includes(text)) found.push(name);
    }
  }
  const logs = join(sluice.dataDir, 'logs');
  for (const file of readdirSync(logs)) {
    if (readFileSync(join(logs, file)).includes(text)) found.push(file);
  }
  return found;
}

test.concurrent('a secret without its setting ends the run with the name of the setting', async () => {
  const name = 'unset';
  await sluice.apply(
    pipelineFile({
      name,
      command: 'true',
      settle: '0s',
      tasks: 'secrets: { TOKEN: NO_SUCH_SETTING }',
    }),
  );
  await sluice.drop(name, { x: '' });
  const [run] = await sluice.finished(name, 1);
  expect(run).toMatchObject({ status: 'Failed', error: { code: 'InvalidSettings' } });
  expect(run!.error!.message).toMatch(/no setting 'NO_SUCH_SETTING'.*TOKEN.*add it/);
});

test.concurrent('tasks run in the container that the pipeline names', async () => {
  const name = 'boxed';
  const command = 'echo "$IN_IMAGE $A" > "$OUTPUT_DIR/out.txt"';
  const tasks =
    'container: { image: "tool:1", runOptions: "--network none" }\n  environment: { A: a }';
  await sluice.apply(pipelineFile({ name, command, tasks, settle: '0s' }));
  await sluice.drop(name, { x: '' });
  const [run] = await sluice.finished(name, 1);
  const { items } = await sluice.manifest(run!.id);
  expect(await textOf(sluice, items![0]!.outputs[0]!.url)).toBe('tool:1 a\n');
});

test.concurrent('a setup has run on a node before its tasks do', async () => {
  const name = 'ready';
  const setup = 'echo "it\'s $((40 + 2))" > "$AZ_BATCH_NODE_SHARED_DIR/made.txt"';
  const command = 'cp "$AZ_BATCH_NODE_SHARED_DIR/made.txt" "$OUTPUT_DIR/out.txt"';
  await sluice.apply(withPool({ name, command }, `setup: { command: ${JSON.stringify(setup)} }`));
  await sluice.drop(name, { x: '' });
  const [run] = await sluice.finished(name, 1);
  const { items } = await sluice.manifest(run!.id);
  expect(await textOf(sluice, items![0]!.outputs[0]!.url)).toBe("it's 42\n");
});

test.concurrent('a setup that fails on node after node ends the run with what it printed', async () => {
  const name = 'unready';
  const setup = `setup: { command: 'echo no such package >&2; exit 9' }`;
  await sluice.apply(withPool({ name, command: 'true', match: 'none' }, setup));
  // As many as need three nodes, so that those of one round are replaced together and the second round is the last.
  const files = { a: '', b: '', c: '', d: '', e: '', f: '' };
  await sluice.drop(name, files);
  await post(sluice, '/runs', { pipeline: name, inputs: Object.keys(files) });
  const [run] = await sluice.finished(name, 6);
  expect(run).toMatchObject({ status: 'Failed', error: { code: 'UnhealthyNodes' } });
  expect(run!.error!.message).toMatch(
    /starttaskfailed.*exit code 9.*Its setup said: no such package/,
  );
  const items = [...byName(await sluice.manifest(run!.id)).values()];
  expect(items.map(({ cause }) => cause)).toEqual(Array(6).fill('StartTask'));
  expect(items.flatMap(({ attempts }) => attempts)).toEqual([]);
  const said = await setupErrors(run!.id);
  expect(said.size).toBeGreaterThanOrEqual(3);
  expect([...new Set(said.values())]).toEqual(['no such package\n']);
});

test.concurrent('a node whose setup fails is replaced, what its setup printed is kept, and the run succeeds on the next one', async () => {
  const name = 'remade';
  const first = join(sluice.dataDir, 'first-node');
  // By node and not by time, since a node tries its setup again by itself.
  const command = `[ -e ${first} ] || echo "$AZ_BATCH_NODE_ID" > ${first}; if grep -q "$AZ_BATCH_NODE_ID" ${first}; then echo no disk >&2; exit 9; fi`;
  const setup = `setup: { command: ${JSON.stringify(command)} }`;
  const item = 'cp "$INPUT" "$OUTPUT_DIR/out.txt"';
  await sluice.apply(withPool({ name, command: item }, setup));
  await sluice.drop(name, { x: 'x' });
  const [run] = await sluice.finished(name, 1);
  expect(run).toMatchObject({ status: 'Succeeded' });
  const node = readFileSync(first, 'utf8').trim();
  expect(await setupErrors(run!.id)).toEqual(new Map([[node, 'no disk\n']]));
});

/** What the setup printed as errors on each node that a run let go of. */
async function setupErrors(run: string): Promise<Map<string, string>> {
  const control = sluice.blobs.getContainerClient('sluice');
  const prefix = `runs/${run}/nodes/`;
  const said = new Map<string, string>();
  for await (const { name } of control.listBlobsFlat({ prefix })) {
    const [node = '', file] = name.slice(prefix.length).split(/\/(.*)/s);
    if (file !== 'startup/stderr.txt') continue;
    said.set(node, (await control.getBlobClient(name).downloadToBuffer()).toString());
  }
  return said;
}

test.concurrent('an application package is unpacked on the nodes and found by its variable', async () => {
  const name = 'packed';
  await addPackage(
    'words',
    '1.0',
    zipOf([{ name: 'greeting.txt', data: 'hello from the package\n' }]),
  );
  const command = 'cp "$AZ_BATCH_APP_PACKAGE_words_1_0/greeting.txt" "$OUTPUT_DIR/out.txt"';
  await sluice.apply(withPool({ name, command }, `packages: [{ id: words, version: '1.0' }]`));
  await sluice.drop(name, { x: '' });
  const [run] = await sluice.finished(name, 1);
  expect(run).toMatchObject({ status: 'Succeeded' });
  const { items } = await sluice.manifest(run!.id);
  expect(await textOf(sluice, items![0]!.outputs[0]!.url)).toBe('hello from the package\n');
});

function withPool(fields: Parameters<typeof pipelineFile>[0], more: string): string {
  return pipelineFile({ ...fields, settle: '0s' }).replace('slots: 2', `slots: 2, ${more}`);
}

async function addPackage(id: string, version: string, zip: Buffer): Promise<void> {
  const { name: account, key } = ACCOUNTS.batch;
  const arm = armClientFor({ url: sluice.urls.batch, key });
  await arm.applicationOperations.create(group, account, id);
  const packages = arm.applicationPackageOperations;
  const { storageUrl = '' } = await packages.create(group, account, id, version);
  await new BlockBlobClient(storageUrl).uploadData(zip);
  await packages.activate(group, account, id, version, { format: 'zip' });
}
