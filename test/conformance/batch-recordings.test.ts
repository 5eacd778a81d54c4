import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  completedTasks,
  poolOf,
  startBatch,
  until,
  type TestBatch,
} from '../local/batch/emulator.ts';
import { raw, type RawResponse } from '../local/batch/raw.ts';
import { referenceDir } from './batch-description.ts';
import { differences, readRecording } from './recordings.ts';

let batch: TestBatch;

const skipped = referenceDir === undefined;
const send = (method: string, path: string, body?: unknown, headers = {}): Promise<RawResponse> =>
  raw(batch.emulator, { method, path, headers, ...(body !== undefined && { body }) });

/** Where answers of a test differ from what was recorded. */
let found: string[] = [];

/** Compares an answer with a recorded one; what is ignored is said by the path of the field. */
function compare(name: string, response: RawResponse, ignored: string[] = []): void {
  const differing = differences(readRecording(name), response, ignored);
  found.push(...differing.map((difference) => `${name}: ${difference}`));
}

describe.skipIf(skipped)(
  `recorded answers of the real service${skipped ? ' (skipped: SLUICE_REFERENCE_DIR is not set)' : ''}`,
  () => {
    beforeAll(async () => {
      batch = await startBatch();
    });

    afterAll(() => batch.close());

    beforeEach(() => {
      found = [];
    });

    test('a pool that is added, read, listed, patched, updated and deleted', async () => {
      const added = readRecording('POST-pools-201').requestBody;
      const path = `/pools/${String(added.id)}`;
      compare('POST-pools-201', await send('POST', '/pools', added));
      // Nodes come faster here, so how many there are may differ.
      compare('GET-pools-ID-200', await send('GET', path), [
        '.currentDedicatedNodes',
        '.allocationState',
      ]);
      await send('POST', '/pools', {
        ...poolOf('azure-cli-test-iaas', { vmSize: 'STANDARD_A1' }),
        targetDedicatedNodes: 0,
      });
      const filter = encodeURIComponent("id eq 'azure-cli-test-iaas'");
      compare('GET-pools-200', await send('GET', `/pools?$filter=${filter}`), [
        // The image is another one, and the version that was recorded had another name for slots.
        '.value[].virtualMachineConfiguration',
        '.value[].maxTasksPerNode',
      ]);
      const patch = readRecording('PATCH-pools-ID-200').requestBody;
      compare('PATCH-pools-ID-200', await send('PATCH', path, patch));
      const missing = readRecording('PATCH-pools-ID-409').requestBody;
      compare('PATCH-pools-ID-409', await send('PATCH', path, missing));
      const update = readRecording('POST-pools-ID-updateproperties-204').requestBody;
      compare(
        'POST-pools-ID-updateproperties-204',
        await send('POST', `${path}/updateproperties`, update),
      );
      compare('DELETE-pools-ID-202', await send('DELETE', path));
      expect(found).toEqual([]);
    });

    test('a pool with an unknown application package', async () => {
      const { cloudServiceConfiguration: _, ...body } = readRecording('POST-pools-409').requestBody;
      const { virtualMachineConfiguration } = poolOf('x');
      const wanted = { ...body, virtualMachineConfiguration };
      compare('POST-pools-409', await send('POST', '/pools', wanted));
      expect(found).toEqual([]);
    });

    test('a pool with a custom image, which the account key cannot have', async () => {
      const { requestBody } = readRecording('POST-pools-400');
      compare('POST-pools-400', await send('POST', '/pools', requestBody));
      expect(found).toEqual([]);
    });

    test('a pool that is resized and scales itself', async () => {
      await send('POST', '/pools', { ...poolOf('scaled'), targetDedicatedNodes: 0 });
      const { requestBody } = readRecording('POST-pools-ID-resize-202');
      compare('POST-pools-ID-resize-202', await send('POST', '/pools/scaled/resize', requestBody));
      compare('POST-pools-ID-stopresize-202', await send('POST', '/pools/scaled/stopresize'));
      const { pool } = batch.client;
      await until(async () => (await pool.get('scaled')).allocationState === 'steady');
      for (const name of ['enableautoscale', 'evaluateautoscale', 'disableautoscale']) {
        const recording = `POST-pools-ID-${name}-200`;
        const { requestBody: body } = readRecording(recording);
        const sent = name === 'disableautoscale' ? undefined : body;
        compare(recording, await send('POST', `/pools/scaled/${name}`, sent));
      }
      expect(found).toEqual([]);
    });

    test('a job that is added, listed, read, changed and deleted', async () => {
      const added = readRecording('POST-jobs-201').requestBody;
      compare('POST-jobs-201', await send('POST', '/jobs', added));
      compare('GET-jobs-200', await send('GET', '/jobs'));
      const { id, constraints, jobManagerTask, poolInfo, metadata } = Object(
        readRecording('GET-jobs-ID-200').body,
      );
      await send('POST', '/jobs', { id, constraints, jobManagerTask, poolInfo, metadata });
      const path = `/jobs/${String(id)}`;
      compare('GET-jobs-ID-200', await send('GET', path));
      const { requestBody } = readRecording('PUT-jobs-ID-412');
      const stale = { 'If-Match': '0x8D0000000000000' };
      compare('PUT-jobs-ID-412', await send('PUT', path, requestBody, stale));
      const patch = readRecording('PATCH-jobs-ID-200').requestBody;
      compare('PATCH-jobs-ID-200', await send('PATCH', path, patch));
      const put = readRecording('PUT-jobs-ID-200').requestBody;
      compare('PUT-jobs-ID-200', await send('PUT', path, put));
      compare('DELETE-jobs-ID-202', await send('DELETE', path));
      expect(found).toEqual([]);
    });

    test('a job schedule and its jobs', async () => {
      const recorded = readRecording('POST-jobschedules-201').requestBody;
      const jobSpecification = { ...Object(recorded.jobSpecification), poolInfo: { poolId: 'p' } };
      const added = { ...recorded, id: recorded.id, jobSpecification };
      compare('POST-jobschedules-201', await send('POST', '/jobschedules', added));
      const path = `/jobschedules/${String(added.id)}`;
      await until(async () => {
        const { json } = await send('GET', `${path}/jobs`);
        return (json as { value: unknown[] }).value.length > 0;
      });
      compare('GET-jobschedules-ID-jobs-200', await send('GET', `${path}/jobs`), [
        // It had a pool of its own, of a kind that is no more, so the job had ended.
        '.value[].poolInfo',
        '.value[].state',
        '.value[].previousState',
        '.value[].previousStateTransitionTime',
        '.value[].executionInfo.endTime',
        '.value[].executionInfo.schedulingError',
        '.value[].executionInfo.terminateReason',
        '.value[].executionInfo.poolId',
      ]);
      compare('DELETE-jobschedules-ID-202', await send('DELETE', path));
      expect(found).toEqual([]);
    });

    test('tasks and the node they ran on', async () => {
      await send('POST', '/pools', poolOf('ncj-windows-2012-r2'));
      const jobId = 'ncj-windows-2012-r2-1';
      await send('POST', '/jobs', { id: jobId, poolInfo: { poolId: 'ncj-windows-2012-r2' } });
      const path = `/jobs/${jobId}/tasks`;
      const task = { id: 'myTask', commandLine: 'true', constraints: { retentionTime: 'PT1H' } };
      await send('POST', path, task);
      await completedTasks(batch.client, jobId);
      // Nodes run Linux here.
      const other = ['commandLine', 'outputFiles', 'nodeInfo.taskRootDirectory', 'previousState'];
      const single = other.map((name) => `.${name}`);
      compare('GET-jobs-ID-tasks-ID-200', await send('GET', `${path}/myTask`), single);
      const listed = other.map((name) => `.value[].${name}`);
      compare('GET-jobs-ID-tasks-200', await send('GET', path), listed);
      compare('GET-pools-ID-nodes-200', await send('GET', '/pools/ncj-windows-2012-r2/nodes'), [
        '.value[].endpointConfiguration',
        '.value[].nodeAgentInfo.version',
        '.value[].vmSize',
        '.value[].recentTasks[].taskUrl',
        '.value[].recentTasks[].jobId',
        '.value[].virtualMachineInfo',
      ]);
      const { requestBody } = readRecording('POST-jobs-ID-tasks-201');
      const refused = ['multiInstanceSettings', 'authenticationTokenSettings', 'dependsOn'];
      const kept = Object.entries(requestBody).filter(([name]) => !refused.includes(name));
      const ordinary = Object.fromEntries(kept);
      compare('POST-jobs-ID-tasks-201', await send('POST', path, ordinary));
      const collection = { value: [{ id: '17', commandLine: 'true' }] };
      compare(
        'POST-jobs-ID-addtaskcollection-200',
        await send('POST', `/jobs/${jobId}/addtaskcollection`, collection),
        ['.value[].location'],
      );
      compare('DELETE-jobs-ID-tasks-ID-200', await send('DELETE', `${path}/myTask`));
      expect(found).toEqual([]);
    });

    test('counts of nodes, and images', async () => {
      await send('POST', '/pools', { ...poolOf('pool_image1'), targetDedicatedNodes: 0 });
      const filter = encodeURIComponent("poolId eq 'pool_image1'");
      compare('GET-nodecounts-200', await send('GET', `/nodecounts?$filter=${filter}`), []);
      const images = await send('GET', '/supportedimages');
      const image = '.value[].imageReference';
      compare('GET-supportedimages-200', images, [
        ...['.publisher', '.offer', '.sku'].map((name) => image + name),
        '.value[].nodeAgentSKUId',
        '.value[].verificationType',
      ]);
      expect(found).toEqual([]);
    });
  },
);
