import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Preview, previewSchema } from '../../lib/plan/preview-schema.ts';
import { runCli } from '../cli/cli.ts';
import { type Gated, startGated } from '../chaos/gated.ts';
import { post, textOf } from './actions.ts';
import { getJson, pipelineFile, until } from './harness.ts';

let sluice: Gated;

beforeAll(async () => {
  const prices = { currency: 'EUR', nodeHour: { standard_d2as_v5: 0.1 } };
  sluice = await startGated({
    settings: { SLUICE_PRICES: JSON.stringify(prices), TEST_PLAN_TOKEN: 'hush-4712' },
  });
});

afterAll(() => sluice.close());

async function plan(body: object): Promise<Preview> {
  const answer = await post(sluice, '/plans', body);
  expect(answer).toMatchObject({ status: 200 });
  return previewSchema.parse(answer.body);
}

const EVERY = `name: every
on:
  drop: { container: every, match: ['in/*.txt'], settle: 1h, maxWait: 2h }
params: { level: { type: integer, default: 3 } }
tasks:
  forEach: drop
  pack: 2
  command: |
    env > "$OUTPUT_DIR/env.txt"
  outputs: [env.txt]
  timeout: 1h
  environment: { MODE: fast }
  secrets: { TOKEN: TEST_PLAN_TOKEN }
pool: { vmSize: Standard_D2as_v5, nodes: { max: 2 }, slots: 1 }
merge: { command: 'touch "$OUTPUT_DIR/x"', outputs: [x], timeout: 30m }
`;

test('a plan says what would run, what not and why, and what it may cost, and changes nothing', async () => {
  await sluice.apply(EVERY);
  const files = Object.fromEntries(
    ['a', 'b', 'c', 'd', 'e'].map((name) => [`in/${name}.txt`, name]),
  );
  await sluice.drop('every', { ...files, 'in/readme.md': '', 'out/a.txt': '' });
  await waiting('every', 5);
  const before = await everything();
  const made = await plan({ pipeline: 'every', params: { level: 7 } });
  expect(await everything()).toEqual(before);
  expect(made).toMatchObject({
    complete: true,
    items: 5,
    tasks: 3,
    skipped: [
      {
        reason: 'on.drop.match does not match it',
        count: 2,
        examples: ['every/in/readme.md', 'every/out/a.txt'],
      },
    ],
    pool: { vmSize: 'Standard_D2as_v5', nodes: 2, slots: 1, waves: 2 },
    quota: { verdict: 'fits', cores: { need: 4, inUse: 0 } },
    // Two waves of two items of an hour each and a merge of half an hour, on two nodes.
    nodeHours: { atMost: 9 },
    cost: { atMost: 0.9, currency: 'EUR' },
    notes: [],
  });
  expect(made.first.map(({ item }) => item)).toEqual(['000001', '000003', '000005']);
});

test('a plan shows each variable as the command then finds it, secrets apart', async () => {
  const { first } = await plan({ pipeline: 'every', inputs: ['in/b.txt'], params: { level: 7 } });
  const { status, body } = await post(sluice, '/runs', {
    pipeline: 'every',
    inputs: ['in/b.txt'],
    params: { level: 7 },
  });
  expect(status).toBe(201);
  const ended = await sluice.ended('every');
  expect(ended).toMatchObject({ id: body.id, status: 'Succeeded' });
  const { items } = await sluice.manifest(body.id);
  const found = new Map(
    (await textOf(sluice, items![0]!.outputs[0]!.url)).split('\n').map((line): [string, string] => {
      const at = line.indexOf('=');
      return [line.slice(0, at), line.slice(at + 1)];
    }),
  );
  const folder = found.get('AZ_BATCH_TASK_WORKING_DIR')!;
  const environment = Object.entries(first[0]!.environment).map(([name, value]) => [
    name,
    name === 'TOKEN' && value === '***'
      ? 'hush-4712'
      : value.replace('$AZ_BATCH_TASK_WORKING_DIR', folder),
  ]);
  expect(environment).toEqual(environment.map(([name]) => [name, found.get(name!)]));
  const own = [...found.keys()].filter((name) =>
    /^(PARAM_|INPUT|NAME|STEM|ITEM|ATTEMPT|MODE|TOKEN|OUTPUT_DIR)/.test(name),
  );
  expect(own.toSorted()).toEqual(environment.map(([name]) => name).toSorted());
});

test('a blob whose version had its run is left out of the next plan, and an overwritten one is not', async () => {
  const name = 'again';
  await sluice.apply(pipelineFile({ name, command: 'true > "$OUTPUT_DIR/out.txt"', settle: '0s' }));
  await sluice.drop(name, { x: '1', y: '1' });
  await sluice.finished(name, 2);
  await sluice.apply(pipelineFile({ name, command: 'true', settle: '1h' }));
  await sluice.drop(name, { y: '2' });
  await waiting(name, 1);
  expect(await plan({ pipeline: name })).toMatchObject({
    items: 1,
    skipped: [{ reason: 'a run has had this version of it', examples: [`${name}/x`] }],
  });
});

test('a file that was never applied has a plan, over items of any kind', async () => {
  const source = `name: points
tasks:
  forEach: matrix
  matrix: { parameters: { a: { from: 1, to: 1000 }, b: [x, y] } }
  pack: 50
  command: echo "$PARAM_A"
  outputs: [out.txt]
pool: { vmSize: Standard_F4s_v2, nodes: { max: 3, spot: true }, slots: 4 }
`;
  expect(await plan({ source })).toMatchObject({
    items: 2000,
    tasks: 40,
    pool: { nodes: 3, slots: 4, waves: 4, spot: true },
    cost: null,
  });
  const { status, body } = await post(sluice, '/plans', { source: 'name: X' });
  expect(status).toBe(422);
  expect(body).toMatchObject({ code: 'InvalidPipeline', errors: expect.any(Array) });
  expect(await post(sluice, '/plans', { pipeline: 'none' })).toMatchObject({ status: 404 });
  expect(await post(sluice, '/plans', {})).toMatchObject({ status: 400 });
  expect(
    await post(sluice, '/plans', { source: source.replace('points', 'p2'), params: { z: 1 } }),
  ).toMatchObject({
    status: 422,
    body: { code: 'InvalidParams' },
  });
});

test('a plan without the inputs that it needs says what to type, which then does', async () => {
  const file = join(sluice.dataDir, 'asked.yaml');
  const target = ['--data-dir', sluice.dataDir];
  const noDrop = EVERY.replace(/^on:\n.*\n/m, '');
  const sources = [
    [noDrop, '{"container":"CONTAINER","name":"NAME"}', '{"container":"every","name":"in/a.txt"}'],
    [noDrop.replace('forEach: drop', 'forEach: list'), '{"NAME":"VALUE"}', '{"city":"Bonn"}'],
  ] as const;
  for (const [source, hint, input] of sources) {
    writeFileSync(file, source);
    const refused = await runCli(['plan', file, ...target]);
    expect(refused.code).not.toBe(0);
    expect(refused.stderr).toContain(`--input '${hint}'`);
    const { code } = await runCli(['plan', file, '--input', input, ...target]);
    expect(code).toBe(0);
  }
});

test('a plan tells quotas that the account has not, from its management API', async () => {
  await sluice.setFaults({ quotas: { dedicatedCores: 2 } });
  expect((await plan({ pipeline: 'every' })).quota).toMatchObject({
    verdict: 'fewer',
    cores: { need: 4, quota: 2 },
  });
  await sluice.setFaults({ quotas: { dedicatedCores: 1 } });
  expect((await plan({ pipeline: 'every' })).quota.verdict).toBe('never');
});

test('sluice plan prints the plan of a name or a file', async () => {
  const target = ['--data-dir', sluice.dataDir];
  const named = await runCli(['plan', 'every', ...target]);
  expect(named).toMatchObject({ code: 0, stderr: '' });
  expect(named.stdout).toContain('item 000001 in task 0000-00000-a1 finds');
  expect(named.stdout).toContain('TOKEN=***');
  const file = join(sluice.dataDir, 'broken.yaml');
  writeFileSync(file, EVERY.replace('pack: 2', 'pack: none'));
  const broken = await runCli(['plan', file, ...target]);
  expect(broken.code).toBe(2);
  expect(broken.stderr).toContain('tasks.pack');
  writeFileSync(file, EVERY);
  const { stdout } = await runCli(['plan', file, '--input', 'in/a.txt', '--json', ...target]);
  expect(JSON.parse(stdout)).toMatchObject({ items: 1 });
  expect((await runCli(['plan', 'evry', ...target])).stderr).toContain('every');
});

function waiting(pipeline: string, drops: number): Promise<true> {
  return until('the drops have been heard of', async () => {
    const url = `${sluice.urls.api}/drops?pipeline=${pipeline}&state=pending`;
    return (await getJson<{ value: unknown[] }>(url)).value.length === drops || null;
  });
}

/** Names and versions of all blobs, pools and jobs. */
async function everything(): Promise<string[]> {
  const found: string[] = [];
  for await (const { name } of sluice.blobs.listContainers()) {
    for await (const blob of sluice.blobs.getContainerClient(name).listBlobsFlat()) {
      // Apart from what timers look after.
      if (/^(schedules|reconciled|gc)/.test(blob.name)) continue;
      found.push(`${name}/${blob.name} ${blob.properties.etag}`);
    }
  }
  for (const { id } of await sluice.batch.pool.list()) found.push(`pool ${id}`);
  for (const { id } of await sluice.batch.job.list()) found.push(`job ${id}`);
  return found;
}
