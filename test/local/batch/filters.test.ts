import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { completedTasks, poolOf, startBatch, until, type TestBatch } from './emulator.ts';
import { raw } from './raw.ts';

let batch: TestBatch;
let nodeId = '';

beforeAll(async () => {
  batch = await startBatch();
  const { client } = batch;
  await client.pool.add(poolOf('p', { startTask: { commandLine: 'true' } }));
  await client.job.add({
    id: 'j',
    poolInfo: { poolId: 'p' },
    jobPreparationTask: { commandLine: 'true' },
  });
  await client.task.add('j', { id: 't', commandLine: 'true' });
  const jobSpecification = { poolInfo: { poolId: 'p' } };
  await client.jobSchedule.add({ id: 's', schedule: {}, jobSpecification });
  await completedTasks(client, 'j');
  const [node] = await client.computeNode.list('p');
  nodeId = node?.id ?? '';
  await until(async () => (await client.computeNode.get('p', nodeId)).state === 'idle');
});

afterAll(() => batch.close());

const all = 'eq ne ge gt le lt';
const text = `text ${all} startswith`;
const time = `time ${all}`;
const state = 'text eq ne';
const flag = 'flag eq ne';
const number = 'number eq ge gt le lt';
const times = { creationTime: time, lastModified: time, stateTransitionTime: time };
const run = { startTime: time, endTime: time };
const nodeTask = { state, ...run, exitCode: number, result: state };
const below = (name: string, members: Record<string, string>): Record<string, string> =>
  Object.fromEntries(Object.entries(members).map(([key, value]) => [`${name}/${key}`, value]));
const jobs = { id: text, state, ...times, ...below('executionInfo', { ...run, poolId: text }) };

/** What may be filtered on where, by the documentation of the service: a kind of value, and operators. */
const documented: Record<string, Record<string, string>> = {
  '/supportedimages': { osType: state, verificationType: state, nodeAgentSKUId: state },
  '/nodecounts': { poolId: 'text eq' },
  '/pools': {
    id: text,
    state,
    allocationState: state,
    enableAutoScale: flag,
    vmSize: text,
    allocationStateTransitionTime: time,
    ...times,
  },
  '/pools/p/nodes': {
    state,
    stateTransitionTime: time,
    lastBootTime: time,
    allocationTime: time,
    ...below('startTaskInfo', { ...nodeTask, state: 'text eq' }),
  },
  '/pools/p/nodes/{node}/files': { name: 'text startswith' },
  '/jobs': jobs,
  '/jobschedules/s/jobs': jobs,
  '/jobschedules': {
    id: text,
    state,
    ...times,
    ...below('schedule', { doNotRunUntil: time, doNotRunAfter: time }),
  },
  '/jobs/j/tasks': {
    id: text,
    state,
    ...times,
    ...below('executionInfo', { ...run, exitCode: number, result: state }),
  },
  '/jobs/j/tasks/t/files': { name: 'text startswith' },
  '/jobs/j/jobpreparationandreleasetaskstatus': {
    poolId: text,
    nodeId: text,
    ...below('jobPreparationTaskExecutionInfo', nodeTask),
    ...below('jobReleaseTaskExecutionInfo', nodeTask),
  },
};

const literals = new Map([
  ['text', "'idle'"],
  ['time', "DateTime'2001-01-01T00:00:00Z'"],
  ['flag', 'true'],
  ['number', '0'],
]);

function filterOf(property: string, operator: string, kind: string): string {
  const literal = literals.get(kind);
  if (operator === 'startswith') return `startswith(${property},${literal})`;
  return `${property} ${operator} ${literal}`;
}

function listWith(path: string, filter: string) {
  const place = path.replace('{node}', nodeId);
  return raw(batch.emulator, { path: `${place}?$filter=${encodeURIComponent(filter)}` });
}

describe('every list', () => {
  test.each(Object.keys(documented))(
    '%s takes the documented properties and operators, and no others',
    async (path) => {
      for (const [property, rule] of Object.entries(documented[path] ?? {})) {
        const [kind = '', ...allowed] = rule.split(' ');
        for (const operator of [...all.split(' '), 'startswith']) {
          const filter = filterOf(property, operator, kind);
          const { status } = await listWith(path, filter);
          expect({ filter, status }).toEqual({
            filter,
            status: allowed.includes(operator) ? 200 : 400,
          });
        }
      }
      expect((await listWith(path, "url eq 'x'")).status).toBe(400);
    },
  );

  test.each([
    ['/pools/p/nodes', "startTaskInfo/result eq 'success' and startTaskInfo/exitCode eq 0", 1],
    ['/pools/p/nodes', "startTaskInfo/state eq 'running' or startTaskInfo/exitCode gt 0", 0],
    ['/jobschedules/s/jobs', "executionInfo/poolId eq 'P'", 1],
    ['/jobschedules/s/jobs', "state eq 'completed'", 0],
    ['/jobschedules', "schedule/doNotRunUntil gt DateTime'2001-01-01T00:00:00Z'", 0],
    [
      '/jobs/j/jobpreparationandreleasetaskstatus',
      "jobPreparationTaskExecutionInfo/result eq 'success'",
      1,
    ],
    [
      '/jobs/j/jobpreparationandreleasetaskstatus',
      "jobReleaseTaskExecutionInfo/state eq 'completed'",
      0,
    ],
  ])('%s with %s has %i', async (path, filter, count) => {
    const { json } = await listWith(path, filter);
    expect(json).toMatchObject({ value: { length: count } });
  });
});
