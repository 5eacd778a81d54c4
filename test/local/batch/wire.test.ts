import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { routes } from '../../../local/batch/wire/routes.ts';
import { tokenFor } from './arm-client.ts';
import { poolOf, startBatch, type TestBatch } from './emulator.ts';
import { raw } from './raw.ts';

let batch: TestBatch;

beforeAll(async () => {
  batch = await startBatch();
  await batch.client.pool.add(poolOf('Wire', { targetDedicatedNodes: 0 }));
  await batch.client.job.add({ id: 'Wire', poolInfo: { poolId: 'Wire' } });
  await batch.client.task.add('Wire', { id: 'Wire', commandLine: 'true' });
  const jobSpecification = { poolInfo: { poolId: 'Wire' } };
  const schedule = { doNotRunUntil: new Date('2100-01-01') };
  await batch.client.jobSchedule.add({ id: 'Later', schedule, jobSpecification });
});

afterAll(() => batch.close());

describe('authentication', () => {
  const failures: [string, string | null | undefined, number, string][] = [
    ['a wrong signature', 'SharedKey devbatch:AAAA', 403, 'AuthenticationFailed'],
    ['another account', 'SharedKey other:AAAA', 403, 'AuthenticationFailed'],
    ['no Authorization header', null, 403, 'AuthenticationFailed'],
    ['a bearer token', 'Bearer abc', 403, 'AuthenticationFailed'],
    ['a malformed header', 'SharedKey nonsense', 400, 'InvalidAuthenticationInfo'],
  ];
  test.each(failures)('%s is refused', async (_, authorization, status, code) => {
    const response = await raw(batch.emulator, { path: '/pools', authorization });
    expect(response.status).toBe(status);
    expect(response.json).toMatchObject({ code });
  });

  test('a request without ocp-date and Date is refused', async () => {
    const response = await fetch(`${batch.emulator.url}/pools?api-version=2022-10-01.16.0`, {
      headers: { authorization: 'SharedKey devbatch:AAAA' },
    });
    expect(response.status).toBe(403);
    expect(await response.text()).toContain('ocp-date');
  });

  test.each([
    ['old', new Date(Date.now() - 16 * 60_000).toUTCString()],
    ['ahead', new Date(Date.now() + 16 * 60_000).toUTCString()],
    ['no time', 'now'],
  ])('a request whose date is %s is refused', async (_, date) => {
    const response = await raw(batch.emulator, { path: '/pools', headers: { 'ocp-date': date } });
    expect(response).toMatchObject({ status: 403, json: { code: 'AuthenticationFailed' } });
    expect(response.text).toContain('within 15 minutes of now');
  });

  test('a bearer token is accepted when told so, if it is for Batch and has not expired', async () => {
    const open = await startBatch({ bearer: true });
    try {
      const send = (token: string) =>
        raw(open.emulator, { path: '/pools', authorization: `Bearer ${token}` });
      const audience = 'https://batch.core.windows.net/';
      expect((await send(tokenFor(audience))).status).toBe(200);
      for (const [token, reason] of [
        [tokenFor('https://management.azure.com/'), 'The token is for https://management'],
        [tokenFor(audience, -1), 'The token has expired'],
        ['nonsense', 'no JSON Web Token'],
      ] as const) {
        const response = await send(token);
        expect(response).toMatchObject({ status: 403, json: { code: 'AuthenticationFailed' } });
        expect(response.text).toContain(reason);
      }
      expect([...(await open.client.pool.list())]).toEqual([]);
    } finally {
      await open.close();
    }
  });

  test('a signature over a path with an apostrophe holds though the client sends %27', async () => {
    const call = batch.client.task.get('Wire', "it's");
    await expect(call).rejects.toMatchObject({ code: 'TaskNotFound' });
  });
});

describe('versions and routes', () => {
  test('a request without api-version is refused', async () => {
    const response = await raw(batch.emulator, { path: '/pools', version: null });
    expect(response).toMatchObject({
      status: 400,
      json: { code: 'MissingRequiredQueryParameter' },
    });
  });

  test('another api-version is refused', async () => {
    const response = await raw(batch.emulator, { path: '/pools', version: '2024-07-01.20.0' });
    expect(response).toMatchObject({ status: 400, json: { code: 'UnsupportedRequestVersion' } });
  });

  test('an unknown path and an unknown method are refused', async () => {
    expect(await raw(batch.emulator, { path: '/nothing' })).toMatchObject({
      json: { code: 'InvalidUri' },
    });
    const response = await raw(batch.emulator, { path: '/pools', method: 'DELETE' });
    expect(response).toMatchObject({ status: 405, json: { code: 'UnsupportedHttpVerb' } });
  });

  test('all 78 operations of the service have a route', () => {
    expect(new Set(routes.map((route) => route.operation)).size).toBe(78);
  });

  test.each([
    ['GET', '/poolusagemetrics', 'Pool_ListUsageMetrics'],
    ['GET', '/certificates(thumbprintAlgorithm=sha1,thumbprint=ab)', 'Certificate_Get'],
    ['PUT', '/pools/Wire/nodes/n/users/u', 'ComputeNode_UpdateUser'],
  ])('%s %s is refused as %s', async (method, path, operation) => {
    const response = await raw(batch.emulator, { method, path });
    expect(response.status).toBe(501);
    expect(response.reason).toBe(`The operation ${operation} is not emulated.`);
    expect(response.json).toMatchObject({ code: 'NotEmulated' });
  });
});

describe('answers', () => {
  test('a creation answers with Location, DataServiceId, an unquoted ETag and no body', async () => {
    const response = await raw(batch.emulator, {
      method: 'POST',
      path: '/jobs',
      body: { id: 'Created', poolInfo: { poolId: 'Wire' } },
    });
    expect(response).toMatchObject({ status: 201, text: '' });
    const url = `${batch.emulator.url}/jobs/Created`;
    expect(response.headers).toMatchObject({
      location: url,
      dataserviceid: url,
      dataserviceversion: '3.0',
    });
    expect(response.headers.etag).toMatch(/^0x8D[0-9A-F]{13}$/);
    expect(Date.parse(response.headers['last-modified'] ?? '')).toBeGreaterThan(
      Date.now() - 60_000,
    );
    expect(response.headers['request-id']).toMatch(/^[0-9a-f-]{36}$/);
  });

  test('the ETag of the header is the one of the body, and times have up to seven digits', async () => {
    const response = await raw(batch.emulator, { path: '/jobs/wire' });
    const job = response.json as Record<string, string>;
    expect(job.eTag).toBe(response.headers.etag);
    expect(job['odata.metadata']).toBe(`${batch.emulator.url}/$metadata#jobs/@Element`);
    expect(job.creationTime).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,7})?Z$/);
    expect(response.headers['content-type']).toBe('application/json;odata=minimalmetadata');
  });

  test("an error has the service's body, and its first line is the reason phrase", async () => {
    const response = await raw(batch.emulator, { path: '/jobs/none' });
    expect(response).toMatchObject({
      status: 404,
      reason: 'The specified job does not exist.',
      json: {
        'odata.metadata': `${batch.emulator.url}/$metadata#Microsoft.Azure.Batch.Protocol.Entities.Container.errors/@Element`,
        code: 'JobNotFound',
        message: { lang: 'en-US' },
      },
    });
    const { message } = response.json as { message: { value: string } };
    expect(message.value).toMatch(
      /^The specified job does not exist\.\nRequestId:[0-9a-f-]{36}\nTime:\d{4}-.*Z$/,
    );
  });

  test('client-request-id is echoed only when asked for', async () => {
    const id = '6f1f9a2e-0000-4000-8000-000000000000';
    const asked = { 'client-request-id': id, 'return-client-request-id': 'true' };
    const echoed = await raw(batch.emulator, { path: '/jobs', headers: asked });
    expect(echoed.headers['client-request-id']).toBe(id);
    const quiet = await raw(batch.emulator, {
      path: '/jobs',
      headers: { 'client-request-id': id },
    });
    expect(quiet.headers['client-request-id']).toBeUndefined();
  });

  test('HEAD of a pool that is not there is 404 without a body', async () => {
    const response = await raw(batch.emulator, { method: 'HEAD', path: '/pools/none' });
    expect(response).toMatchObject({ status: 404, text: '' });
  });

  test('a body that is no JSON, and one that is too large, are refused', async () => {
    const broken = await raw(batch.emulator, { method: 'POST', path: '/jobs', body: '{"id":' });
    expect(broken).toMatchObject({ status: 400, json: { code: 'InvalidRequestBody' } });
    const large = { value: [{ id: 't', commandLine: 'x'.repeat(1_100_000) }] };
    const response = await raw(batch.emulator, {
      method: 'POST',
      path: '/jobs/Wire/addtaskcollection',
      body: large,
    });
    expect(response).toMatchObject({ status: 413, json: { code: 'RequestBodyTooLarge' } });
  });
});

const conditional = [
  'DELETE /pools/Wire',
  'PATCH /pools/Wire',
  'POST /pools/Wire/resize',
  'POST /pools/Wire/stopresize',
  'POST /pools/Wire/enableautoscale',
  'POST /pools/Wire/removenodes',
  'DELETE /jobs/Wire',
  'PATCH /jobs/Wire',
  'PUT /jobs/Wire',
  'POST /jobs/Wire/disable',
  'POST /jobs/Wire/enable',
  'POST /jobs/Wire/terminate',
  'PUT /jobs/Wire/tasks/Wire',
  'DELETE /jobs/Wire/tasks/Wire',
  'POST /jobs/Wire/tasks/Wire/terminate',
  'POST /jobs/Wire/tasks/Wire/reactivate',
  'DELETE /jobschedules/Later',
  'PATCH /jobschedules/Later',
  'PUT /jobschedules/Later',
  'POST /jobschedules/Later/disable',
  'POST /jobschedules/Later/enable',
  'POST /jobschedules/Later/terminate',
];

describe('conditional headers', () => {
  test.each(['/pools/Wire', '/jobs/Wire', '/jobs/Wire/tasks/Wire', '/jobschedules/Later'])(
    'a read of %s answers 304 when it did not change, and 412 when it is not what was meant',
    async (path) => {
      for (const method of /^.(pools|jobschedules)/.test(path) ? ['GET', 'HEAD'] : ['GET']) {
        const { headers } = await raw(batch.emulator, { method, path });
        const { etag = '', 'last-modified': modified = '' } = headers;
        const statusWith = async (name: string, value: string) =>
          (await raw(batch.emulator, { method, path, headers: { [name]: value } })).status;
        expect(await statusWith('If-None-Match', etag)).toBe(304);
        expect(await statusWith('If-None-Match', `"${etag}"`)).toBe(304);
        expect(await statusWith('If-None-Match', '*')).toBe(304);
        expect(await statusWith('If-Modified-Since', modified)).toBe(304);
        expect(await statusWith('If-Match', '0x0')).toBe(412);
        expect(await statusWith('If-Match', etag)).toBe(200);
        expect(await statusWith('If-Unmodified-Since', modified)).toBe(200);
        expect(await statusWith('If-Unmodified-Since', 'soon')).toBe(400);
      }
    },
  );

  test('a read answers 304 when nothing changed', async () => {
    const { headers } = await raw(batch.emulator, { path: '/jobs/Wire' });
    const same = await raw(batch.emulator, {
      path: '/jobs/Wire',
      headers: { 'If-None-Match': headers.etag ?? '' },
    });
    expect(same).toMatchObject({ status: 304, text: '' });
    const other = await raw(batch.emulator, {
      path: '/jobs/Wire',
      headers: { 'If-None-Match': '0x0' },
    });
    expect(other.status).toBe(200);
  });

  test.each([
    ['If-Match', '0x8D0000000000000'],
    ['If-None-Match', '*'],
    ['If-Unmodified-Since', 'Mon, 01 Jan 2001 00:00:00 GMT'],
    ['If-Modified-Since', 'Fri, 01 Jan 2100 00:00:00 GMT'],
  ])('a write with %s %s is refused', async (name, value) => {
    for (const request of conditional) {
      const [method = '', path = ''] = request.split(' ');
      const response = await raw(batch.emulator, { method, path, headers: { [name]: value } });
      expect({ request, ...response }).toMatchObject({
        request,
        status: 412,
        json: { code: 'ConditionNotMet' },
      });
    }
  });

  test('a write with the right ETag goes through and changes it', async () => {
    const { headers } = await raw(batch.emulator, { path: '/jobs/Wire' });
    const request = {
      method: 'PATCH',
      path: '/jobs/Wire',
      body: { priority: 1 },
      headers: { 'If-Match': headers.etag ?? '' },
    };
    const first = await raw(batch.emulator, request);
    expect(first.status).toBe(200);
    expect(first.headers.etag).not.toBe(headers.etag);
    expect((await raw(batch.emulator, request)).status).toBe(412);
  });
});

test('requests are counted by operation, without authentication, until they are reset', async () => {
  const counts = `${batch.emulator.url}/_emulator/requests`;
  await fetch(counts, { method: 'DELETE' });
  await batch.client.pool.list();
  await batch.client.pool.list();
  await batch.client.job.get('Wire');
  expect(await (await fetch(counts)).json()).toEqual({ operations: { Pool_List: 2, Job_Get: 1 } });
});
