import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { routes } from '../../../local/batch/wire/routes.ts';
import { operationsTable } from '../../../local/batch/wire/operations-table.ts';
import { poolOf, startBatch, type TestBatch } from './emulator.ts';
import { raw } from './raw.ts';

let batch: TestBatch;

beforeAll(async () => {
  batch = await startBatch();
  await batch.client.pool.add(poolOf('there', { targetDedicatedNodes: 0 }));
  await batch.client.job.add({ id: 'there', poolInfo: { poolId: 'none' } });
  await batch.client.task.add('there', { id: 'there', commandLine: 'true' });
});

afterAll(() => batch.close());

const operation = fc.constantFrom(
  ...operationsTable
    .trim()
    .split('\n')
    .map((line) => line.trim().split(' ')),
);

const name = fc.oneof(
  fc.constantFrom('there', 'THERE', '..', '%', "it's", 'a b', 'ü', '\u0000', 'x'.repeat(300)),
  fc.string({ maxLength: 20 }),
);

const properties =
  `id value poolInfo constraints metadata commandLine vmSize schedule virtualMachineConfiguration
  nodeList targetDedicatedNodes autoScaleFormula resourceFiles outputFiles dependsOn exitConditions jobSpecification
  __proto__ toString`.split(/\s+/);

/** Properties that some body has, with values of any kind. */
const body = fc.dictionary(fc.constantFrom(...properties), fc.jsonValue({ maxDepth: 3 }));

const program = {
  commandLine: 'true',
  resourceFiles: [{ httpUrl: 'http://127.0.0.1:1/x', filePath: 'x', fileMode: '0770' }],
  environmentSettings: [{ name: 'A', value: 'b' }],
  userIdentity: { autoUser: { scope: 'pool', elevationLevel: 'admin' } },
};
const limits = { maxWallClockTime: 'PT1H', retentionTime: 'P1D', maxTaskRetryCount: 1 };
const task = {
  id: 'new',
  ...program,
  constraints: limits,
  requiredSlots: 1,
  dependsOn: { taskIds: ['a'], taskIdRanges: [{ start: 1, end: 5 }] },
  exitConditions: { exitCodes: [{ code: 1, exitOptions: { dependencyAction: 'satisfy' } }] },
  outputFiles: [
    {
      filePattern: '*.txt',
      destination: { container: { containerUrl: 'http://127.0.0.1:1/c', path: 'p' } },
      uploadOptions: { uploadCondition: 'TaskSuccess' },
    },
  ],
};
const job = {
  id: 'new',
  poolInfo: { poolId: 'none' },
  priority: 1,
  usesTaskDependencies: true,
  constraints: { maxWallClockTime: 'PT1H', maxTaskRetryCount: 1 },
  jobManagerTask: { id: 'manager', ...program, constraints: limits },
  jobPreparationTask: { id: 'prepare', ...program, constraints: limits },
  jobReleaseTask: { id: 'release', ...program, retentionTime: 'P1D' },
  metadata: [{ name: 'a', value: 'b' }],
};
const { id: _, ...jobSpecification } = job;
const pool = {
  ...poolOf('new', { targetDedicatedNodes: 0 }),
  startTask: { ...program, maxTaskRetryCount: 1, waitForSuccess: true },
  taskSchedulingPolicy: { nodeFillType: 'Pack' },
  resizeTimeout: 'PT15M',
  applicationPackageReferences: [{ applicationId: 'a', version: '1' }],
};
const schedule = { doNotRunUntil: '2100-01-01T00:00:00Z', recurrenceInterval: 'PT1H' };

/** Requests that are accepted, or nearly. */
const requests: [string, string, unknown][] = [
  ['POST', '/pools', pool],
  ['PATCH', '/pools/there', { startTask: pool.startTask, metadata: job.metadata }],
  ['POST', '/pools/there/resize', { targetDedicatedNodes: 0, resizeTimeout: 'PT15M' }],
  ['POST', '/pools/there/removenodes', { nodeList: ['a'], resizeTimeout: 'PT15M' }],
  ['POST', '/pools/there/enableautoscale', { autoScaleFormula: '$TargetDedicatedNodes = 0' }],
  [
    'POST',
    '/pools/there/evaluateautoscale',
    { autoScaleFormula: 'a = avg($ActiveTasks.GetSample(1))' },
  ],
  ['POST', '/jobs', job],
  ['PATCH', '/jobs/there', { priority: 1, constraints: job.constraints, poolInfo: job.poolInfo }],
  ['PUT', '/jobs/there', { priority: 1, constraints: job.constraints, poolInfo: job.poolInfo }],
  ['POST', '/jobs/there/tasks', task],
  ['POST', '/jobs/there/addtaskcollection', { value: [task, { ...task, id: 'other' }] }],
  ['PUT', '/jobs/there/tasks/there', { constraints: limits }],
  ['POST', '/jobschedules', { id: 'new', schedule, jobSpecification }],
];

const armPool = {
  identity: { type: 'None', userAssignedIdentities: {} },
  properties: {
    vmSize: 'x',
    deploymentConfiguration: {
      virtualMachineConfiguration: { imageReference: { offer: 'o' }, nodeAgentSkuId: 'n' },
    },
    scaleSettings: { fixedScale: { targetDedicatedNodes: 0, resizeTimeout: 'PT15M' } },
    interNodeCommunication: 'Enabled',
    startTask: { commandLine: 'true', userIdentity: { autoUser: { scope: 'Pool' } } },
    applicationPackages: [{ id: 'a', version: '1' }],
  },
};
const armRequests: typeof requests = [
  ['PUT', '/pools/arm', armPool],
  ['PATCH', '/pools/arm', armPool],
  ['PUT', '/applications/tool', { properties: { displayName: 'a', allowUpdates: true } }],
  ['PATCH', '/applications/tool', { properties: { displayName: 'a', defaultVersion: '1' } }],
  ['PUT', '/applications/tool/versions/1', {}],
  ['POST', '/applications/tool/versions/1/activate', { format: 'zip' }],
];

/** Cannot be made a text of with `String` or in a template. */
const withoutText = { toString: null };

/** Every one of some, with each value in it replaced by one that has no text. */
const withTextless = (wanted: typeof requests) =>
  wanted.flatMap(([method, path, right]) =>
    placesIn(right).map((_, place) => {
      const given = structuredClone(right);
      const [holder, key] = placesIn(given)[place] ?? [{}, ''];
      Reflect.set(holder, key, withoutText);
      return { method, path, given };
    }),
  );

/** One of some, with one value in it replaced by any other. */
const nearlyRight = (wanted: typeof requests) =>
  fc
    .tuple(fc.constantFrom(...wanted), fc.nat(), fc.jsonValue({ maxDepth: 1 }))
    .map(([[method, path, right], place, value]) => {
      const copy = structuredClone(right);
      const places = placesIn(copy);
      const [holder, key] = places[place % places.length] ?? [{}, ''];
      Reflect.set(holder, key, value);
      return { method, path, given: copy };
    });

function placesIn(value: unknown): [object, string][] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, member]) => [
    [value, key] as [object, string],
    ...placesIn(member),
  ]);
}

/** Status and text of what the resource provider answers. */
async function askArm(request: { method: string; path: string; given: unknown }): Promise<string> {
  const { account, key, url } = batch.emulator;
  const base = `${url}/subscriptions/s/resourceGroups/g/providers/Microsoft.Batch/batchAccounts/${account}`;
  const response = await fetch(`${base}${request.path}?api-version=2023-11-01`, {
    method: request.method,
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify(request.given),
  });
  return `${response.status} ${await response.text()}`;
}

describe('odd requests', () => {
  test('that are nearly right are refused or accepted, and never fail', async () => {
    await fc.assert(
      fc.asyncProperty(nearlyRight(requests), async ({ method, path, given }) => {
        const response = await raw(batch.emulator, { method, path, body: given });
        expect(response.text).not.toMatch(/"code":"(InternalError|ServerBusy)"/);
      }),
      { numRuns: 500 },
    );
    for (const { method, path, given } of withTextless(requests)) {
      const { text } = await raw(batch.emulator, { method, path, body: given });
      expect(text).toMatch(/"code":"(?!InternalError|ServerBusy)/);
    }
    expect(batch.log).toEqual([]);
  });

  test('for the resource provider are refused or accepted, and never fail', async () => {
    await fc.assert(
      fc.asyncProperty(nearlyRight(armRequests), async (request) => {
        expect(await askArm(request)).not.toMatch(/^500/);
      }),
      { numRuns: 300 },
    );
    for (const request of withTextless(armRequests)) {
      expect(await askArm(request)).not.toMatch(/^500/);
    }
    expect(batch.log).toEqual([]);
  });

  test('never make the emulator fail, whatever they hold', { timeout: 120_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(operation, name, body, async ([, method = '', path = ''], id, given) => {
        // Deletion would leave nothing to ask for.
        fc.pre(method !== 'DELETE');
        const filled = path.replace(/\{\w+\}/g, () => encodeURIComponent(id).replace(/^\.+$/, 'x'));
        const sends = method.startsWith('P');
        const response = await raw(batch.emulator, {
          method,
          path: filled,
          ...(sends && { body: given }),
        });
        expect([500, 503]).not.toContain(response.status);
        expect(response.status === 501 ? response.text : '').toMatch(/^$|is not emulated/);
      }),
      { numRuns: 400 },
    );
    expect(batch.log).toEqual([]);
  });

  test('of all operations are known by a route', () => {
    expect(routes).toHaveLength(78);
  });
});
