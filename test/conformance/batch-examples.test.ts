import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { matchRoute } from '../../local/batch/wire/routes.ts';
import {
  completedTasks,
  poolOf,
  startBatch,
  until,
  type TestBatch,
} from '../local/batch/emulator.ts';
import { raw, type RawResponse } from '../local/batch/raw.ts';
import { armClientFor, group } from '../local/batch/arm-client.ts';
import {
  answerFaults,
  readDescription,
  referenceDir,
  type DescribedOperation,
} from './batch-description.ts';

const description = readDescription();
const operations = description?.operations ?? [];
const examples = operations.flatMap((operation) =>
  Object.values(operation.examples).map((file) => [file.replace(/^.*\//, ''), operation] as const),
);

let batch: TestBatch;
let nodeId: string;
let count = 0;

/** What an official example is answered with when that is not what the service answers. */
const others: Record<string, [number, string]> = {
  // Cloud services are no more.
  'JobAdd_Complex.json': [501, 'NotEmulated'],
  'JobScheduleAdd_Complex.json': [501, 'NotEmulated'],
  'PoolAdd_CloudServiceConfiguration.json': [501, 'NotEmulated'],
  'PoolAdd_MountConfiguration.json': [501, 'NotEmulated'],
  'PoolAdd_VirtualMachineConfigurationWithExtensions.json': [501, 'NotEmulated'],
  // The service reimages only nodes of cloud services.
  'NodeReimage.json': [409, 'OperationNotValidOnNode'],
  // Its nodes are not there.
  'PoolRemoveNodes.json': [404, 'NodeNotFound'],
};

/** Answered with 501, by name. */
const notEmulated = new Set([
  'Certificate_Add',
  'Certificate_CancelDeletion',
  'Certificate_Delete',
  'Certificate_Get',
  'Certificate_List',
  'ComputeNodeExtension_Get',
  'ComputeNodeExtension_List',
  'ComputeNode_AddUser',
  'ComputeNode_DeleteUser',
  'ComputeNode_GetRemoteDesktop',
  'ComputeNode_GetRemoteLoginSettings',
  'ComputeNode_UpdateUser',
  'ComputeNode_UploadBatchServiceLogs',
  'Job_GetAllLifetimeStatistics',
  'Pool_GetAllLifetimeStatistics',
  'Pool_ListUsageMetrics',
]);

describe.skipIf(description === undefined)(
  `the service's description${description === undefined ? ' (skipped: SLUICE_REFERENCE_DIR is not set)' : ''}`,
  () => {
    beforeAll(async () => {
      batch = await startBatch();
      await batch.client.pool.add(poolOf('shared', { targetDedicatedNodes: 1 }));
      await batch.client.job.add({ id: 'shared', poolInfo: { poolId: 'shared' } });
      await batch.client.task.add('shared', { id: 'done', commandLine: 'touch a b' });
      await completedTasks(batch.client, 'shared');
      nodeId = (await batch.client.computeNode.list('shared'))[0]?.id ?? '';
      await addApplication();
    });

    afterAll(() => batch.close());

    test('has 78 operations, each with an example', () => {
      expect(operations).toHaveLength(78);
      expect(operations.filter(({ examples: own }) => Object.keys(own).length === 0)).toEqual([]);
    });

    test.each(operations.map((operation) => [operation.id, operation] as const))(
      '%s has its route here',
      (id, { method, path }) => {
        const filled = path.replace(/\{\w+\}/g, 'x');
        expect(matchRoute(method, filled).operation).toBe(id);
      },
    );

    test.each(examples)('the example %s is answered as described', async (file, operation) => {
      const example = JSON.parse(
        readFileSync(join(referenceDir ?? '', 'contract/batch/examples', file), 'utf8'),
      ) as { parameters: Record<string, unknown>; responses: Record<string, unknown> };
      const ids = await prepare(operation.id);
      const name = operation.parameters.find((parameter) => parameter.in === 'body')?.name ?? '';
      const response = await send(operation, ids, bodyFor(operation, example.parameters[name]));
      const expected = notEmulated.has(operation.id) ? refused : others[file];
      const [status, code] = expected ?? [Number(Object.keys(example.responses)[0]), undefined];
      expect([response.status, codeOf(response)]).toEqual([status, code]);
      expect(faults(operation, ids, response)).toEqual([]);
    });

    test.each(operations.map((operation) => [operation.id, operation] as const))(
      '%s on what is not there, and with a body that is wrong, is refused as described',
      async (_, operation) => {
        const missing = await send(operation, {}, {});
        if (notEmulated.has(operation.id)) expect(missing.status).toBe(501);
        else if (operation.path.includes('{')) expect([400, 404]).toContain(missing.status);
        expect(faults(operation, {}, missing)).toEqual([]);
        if (operation.method === 'GET' || operation.method === 'HEAD') return;
        const ids = await prepare(operation.id);
        const wrong = await send(operation, ids, { thereIsNoSuchProperty: 1 });
        const takesBody = operation.parameters.some((parameter) => parameter.in === 'body');
        if (takesBody && !notEmulated.has(operation.id)) expect(wrong.status).toBe(400);
        expect(faults(operation, ids, wrong)).toEqual([]);
      },
    );
  },
);

const refused: [number, string] = [501, 'NotEmulated'];

async function addApplication(): Promise<void> {
  const { applicationOperations, applicationPackageOperations } = armClientFor(batch.emulator);
  const { account } = batch.emulator;
  await applicationOperations.create(group, account, 'tool');
  const made = await applicationPackageOperations.create(group, account, 'tool', '1');
  await fetch(made.storageUrl ?? '', { method: 'PUT', body: 'bytes' });
  await applicationPackageOperations.activate(group, account, 'tool', '1', { format: 'zip' });
}

/** Several examples add the same pool. */
function bodyFor({ id }: DescribedOperation, body: unknown): unknown {
  return id === 'Pool_Add' ? { ...Object(body), id: `made-${count++}` } : body;
}

/** Makes what an operation works on, and gives its ids. */
async function prepare(operation: string): Promise<Record<string, string>> {
  const name = `made-${count++}`;
  const kind = operation.split('_')[0] ?? '';
  const ids = {
    nodeId,
    poolId: 'shared',
    jobId: 'shared',
    taskId: 'done',
    applicationId: 'tool',
    filePath: operation.startsWith('File_Delete') ? 'wd/a' : 'stdout.txt',
  };
  if (operation.startsWith('File_') && operation.endsWith('ComputeNode')) {
    const file = operation.startsWith('File_Delete') ? 'wd/b' : 'stdout.txt';
    return { ...ids, filePath: `workitems/shared/job-1/done/${file}` };
  }
  if (kind === 'Pool' && operation !== 'Pool_RemoveNodes') return preparePool(operation, name);
  if (kind === 'JobSchedule' || operation === 'Job_ListFromJobSchedule') {
    return prepareSchedule(operation, name);
  }
  if (kind === 'Job' || kind === 'Task') return prepareTask(operation, name);
  if (kind === 'ComputeNode') await prepareNode(operation);
  return ids;
}

async function preparePool(operation: string, poolId: string): Promise<Record<string, string>> {
  const scaled = operation.includes('AutoScale') && operation !== 'Pool_EnableAutoScale';
  const { targetDedicatedNodes: _, ...pool } = poolOf(poolId);
  const formula = { enableAutoScale: true, autoScaleFormula: '$TargetDedicatedNodes = 0;' };
  await batch.client.pool.add({ ...pool, ...(scaled && formula) });
  return { poolId };
}

async function prepareSchedule(
  operation: string,
  jobScheduleId: string,
): Promise<Record<string, string>> {
  const { jobSchedule } = batch.client;
  await jobSchedule.add({
    id: jobScheduleId,
    schedule: { doNotRunUntil: new Date('2100-01-01T00:00:00Z') },
    jobSpecification: { poolInfo: { poolId: 'none' } },
  });
  if (operation === 'JobSchedule_Enable') await jobSchedule.disable(jobScheduleId);
  return { jobScheduleId };
}

async function prepareTask(operation: string, jobId: string): Promise<Record<string, string>> {
  const { job, task } = batch.client;
  await job.add({
    id: jobId,
    poolInfo: { poolId: 'none' },
    jobPreparationTask: { id: 'prepare', commandLine: 'true' },
    // Examples of tasks say what happens to their job when they fail; a task that is terminated fails, too.
    ...(operation.includes('Add') && { onTaskFailure: 'performexitoptionsjobaction' }),
  });
  await task.add(jobId, { id: 'made', commandLine: 'true' });
  if (operation === 'Task_Reactivate') await task.terminate(jobId, 'made');
  // Only then it may change its pool.
  if (/Job_(Patch|Update)/.test(operation)) await job.disable(jobId, 'requeue');
  return { jobId, taskId: 'made' };
}

async function prepareNode(operation: string): Promise<void> {
  const { computeNode } = batch.client;
  await until(async () => {
    const { state } = await computeNode.get('shared', nodeId);
    return state === 'idle' || state === 'offline';
  });
  const { schedulingState } = await computeNode.get('shared', nodeId);
  const wanted = operation === 'ComputeNode_EnableScheduling' ? 'disabled' : 'enabled';
  if (schedulingState === wanted) return;
  if (wanted === 'disabled') await computeNode.disableScheduling('shared', nodeId);
  else await computeNode.enableScheduling('shared', nodeId);
}

function pathOf({ path }: DescribedOperation, ids: Record<string, string>): string {
  return path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(ids[name] ?? 'none'));
}

function send(
  operation: DescribedOperation,
  ids: Record<string, string>,
  body: unknown,
): Promise<RawResponse> {
  const { method } = operation;
  const path = pathOf(operation, ids);
  return raw(batch.emulator, {
    method,
    path,
    ...(method !== 'GET' && method !== 'HEAD' && { body }),
  });
}

function codeOf({ json }: RawResponse): string | undefined {
  return (json as { code?: string } | undefined)?.code;
}

function faults(
  operation: DescribedOperation,
  ids: Record<string, string>,
  { status, headers, text: body }: RawResponse,
): string[] {
  if (description === undefined) return [];
  const { method } = operation;
  return answerFaults(description, { method, url: pathOf(operation, ids), status, headers, body });
}
