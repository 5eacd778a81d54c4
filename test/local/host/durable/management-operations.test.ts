import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { call, client } from '../support/durable-client.ts';
import {
  durable,
  eventually,
  raise,
  run,
  start,
  startHost,
  status,
  temporaryDirectory,
  until,
  untilEnd,
  type RunningHost,
} from '../support/running-host.ts';

const data = temporaryDirectory();
let host: RunningHost;
beforeAll(async () => void (host = await startHost({ dataDir: data.path })));
afterAll(async () => {
  await host.kill('SIGTERM');
  data.remove();
});

describe('an operation', () => {
  it.each(['raiseEvent/approval', 'terminate?reason=x', 'suspend?reason=x', 'resume?reason=x'])(
    '%s is a 404 for an unknown instance and a 410 for one that has ended',
    async (operation) => {
      await run(host, 'fanOut', { count: 1 }, 'ended');
      expect((await call(host, 'POST', `instances/none/${operation}`, {})).status).toBe(404);
      expect((await call(host, 'POST', `instances/ended/${operation}`, {})).status).toBe(410);
    },
  );

  it('raiseEvent without JSON is a 400', async () => {
    await start(host, 'waiter', undefined, 'needs-json');
    const url = durable(host, 'instances/needs-json/raiseEvent/approval');
    expect((await fetch(url, { method: 'POST', body: '{}' })).status).toBe(400);
    const headers = { 'content-type': 'application/json' };
    expect((await fetch(url, { method: 'POST', headers, body: 'x=1' })).status).toBe(400);
    expect((await fetch(url, { method: 'POST', headers })).status).toBe(400);
  });

  it('of the SDK behaves as in Azure', async () => {
    await start(host, 'waiter', undefined, 'by-sdk');
    expect(await client(host, 'raiseEvent', 'by-sdk', 'approval', { via: 'sdk' })).toEqual({
      result: null,
    });
    expect((await untilEnd(host, 'by-sdk')).output).toEqual({ got: { via: 'sdk' } });
    expect(await client(host, 'raiseEvent', 'by-sdk', 'approval', 1)).toEqual({ result: null });
    expect(await client(host, 'terminate', 'by-sdk', 'r')).toEqual({ result: null });
    expect(await client(host, 'raiseEvent', 'none', 'approval', 1)).toEqual({
      caught: "No instance with ID 'none' found.",
    });
  });

  it('terminate ends an instance with the reason as its output, and its parent hears of it', async () => {
    await start(host, 'parent', undefined, 'orphan');
    await until(host, 'orphan:child', 'Running');
    expect(
      (await call(host, 'POST', 'instances/orphan:child/terminate?reason=because')).status,
    ).toBe(202);
    expect(await status(host, 'orphan:child')).toMatchObject({
      runtimeStatus: 'Terminated',
      output: 'because',
    });
    expect((await untilEnd(host, 'orphan')).output).toContain('because');
  });

  it('of the SDK that waits for the end answers with it, or with links when time is up', async () => {
    const wait = (path: string): Promise<Response> =>
      fetch(`${host.url}/api/wait/${path}`, { method: 'POST' });
    const completed = await wait('fanOut/10000');
    expect([completed.status, await completed.json()]).toMatchObject([200, { sum: 5 }]);
    const failed = await wait('plainError/10000');
    expect([failed.status, await failed.json()]).toMatchObject([500, { runtimeStatus: 'Failed' }]);
    const waiting = await wait('waiter/30');
    expect(waiting.status).toBe(202);
    expect(waiting.headers.get('location')).toContain('/instances/');
  });

  it('terminate ends an instance that is suspended', async () => {
    await start(host, 'waiter', undefined, 'paused');
    expect((await call(host, 'POST', 'instances/paused/suspend?reason=a')).status).toBe(202);
    expect((await call(host, 'POST', 'instances/paused/terminate?reason=b')).status).toBe(202);
    expect(await status(host, 'paused')).toMatchObject({
      runtimeStatus: 'Terminated',
      output: 'b',
    });
  });

  it('suspend holds events back until resume', async () => {
    await start(host, 'waiter', undefined, 'held');
    await until(host, 'held', 'Running');
    expect((await call(host, 'POST', 'instances/held/suspend?reason=pause')).status).toBe(202);
    expect(await status(host, 'held')).toMatchObject({
      runtimeStatus: 'Suspended',
      output: 'pause',
    });
    const again = await call(host, 'POST', 'instances/held/suspend?reason=pause');
    expect([again.status, again.body]).toEqual([
      500,
      {
        Message: 'Something went wrong while processing your request',
        ExceptionMessage:
          'Cannot suspend the orchestration instance held because instance is in the Suspended state.',
        ExceptionType: 'System.InvalidOperationException',
        StackTrace: '',
      },
    ]);
    await raise(host, 'held', 'approval', 'x');
    expect((await call(host, 'POST', 'orchestrators/waiter/held', {})).body).toEqual({
      Message: 'An Orchestration instance with the status Suspended already exists.',
    });
    expect((await call(host, 'POST', 'instances/held/resume?reason=go')).status).toBe(202);
    expect((await untilEnd(host, 'held')).output).toEqual({ got: 'x' });
  });

  it('terminate without a reason has no output, and an instance that never ran has a history', async () => {
    await call(host, 'POST', 'orchestrators/waiter/cut-short', {});
    expect((await call(host, 'POST', 'instances/cut-short/terminate')).status).toBe(202);
    const { output, historyEvents } = await status(host, 'cut-short', '?showHistory=true');
    expect(output).toBe(null);
    expect(historyEvents!.map((event) => event['EventType'])).toEqual([
      'ExecutionStarted',
      'ExecutionTerminated',
      'ExecutionCompleted',
    ]);
  });

  it('rewind is refused as in Azure, and by name where Azure would rewind', async () => {
    const path = (id: string): string => `instances/${id}/rewind?reason=x`;
    const unknown = await call(host, 'POST', path('none'));
    expect([unknown.status, unknown.body]).toEqual([
      404,
      'No orchestration with instance ID "$none" found.',
    ]);
    const completed = await run(host, 'fanOut', { count: 1 });
    const refused = await call(host, 'POST', path(completed.instanceId));
    expect([refused.status, refused.body]).toEqual([
      412,
      'This orchestration has status Completed, but only orchestrations in the "Failed" state can be rewound.',
    ]);
    const failed = await run(host, 'plainError');
    const answer = await call(host, 'POST', path(failed.instanceId));
    expect(answer.status).toBe(501);
    expect(answer.text).toContain('Rewinding an instance is not provided by the local host.');
    const { caught } = await client(host, 'rewind', failed.instanceId, 'x');
    expect(caught).toContain('not provided by the local host');
  });
});

describe('a restart', () => {
  it('starts the same function with the same input under a new id', async () => {
    const first = await run(host, 'fanOut', { count: 2 });
    const answer = await call(host, 'POST', `instances/${first.instanceId}/restart`);
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([202, '10']);
    const { id, ...links } = answer.body as Record<string, string>;
    expect(id).toMatch(/^[0-9a-f]{32}$/);
    expect(Object.keys(links)).not.toContain('rewindPostUri');
    expect(await untilEnd(host, id!)).toMatchObject({
      input: { count: 2 },
      output: { sum: 5, instanceId: id },
    });
  });

  it('can take the same id once it has ended, which then counts its generations', async () => {
    const { instanceId } = await run(host, 'fanOut', { count: 1 });
    const again = `instances/${instanceId}/restart?restartWithNewInstanceId=false`;
    const answer = await call(host, 'POST', `${again}&timeout=10&pollingInterval=0.01`);
    expect([answer.status, answer.body]).toEqual([200, { sum: 1, instanceId }]);
    const { historyEvents } = await status(host, instanceId, '?showHistory=true');
    expect(historyEvents![0]!['Generation']).toBe(1);
  });

  it('of an instance that lives is a 409, and of an unknown one a 400', async () => {
    const id = await start(host, 'waiter');
    await until(host, id, 'Running');
    const live = await call(host, 'POST', `instances/${id}/restart?restartWithNewInstanceId=false`);
    expect([live.status, live.body]).toEqual([
      409,
      {
        Message: 'A non-terminal instance with this instance ID already exists.',
        ExceptionMessage: 'An Orchestration instance with the status Running already exists.',
        ExceptionType: 'DurableTask.Core.Exceptions.OrchestrationAlreadyExistsException',
        StackTrace: '',
      },
    ]);
    const unknown = await call(host, 'POST', 'instances/none/restart');
    expect([unknown.status, unknown.body]).toMatchObject([
      400,
      { Message: 'InstanceId does not match a valid orchestration instance.' },
    ]);
  });
});

describe('a list', () => {
  it('of a state that no instance is in is empty, and an unknown state is ignored', async () => {
    await run(host, 'fanOut', { count: 1 }, 'listed');
    const query = 'instances?instanceIdPrefix=listed&runtimeStatus=';
    expect((await call(host, 'GET', `${query}Canceled`)).body).toEqual([]);
    expect((await call(host, 'GET', `${query}Nonsense`)).body).toMatchObject([
      { instanceId: 'listed' },
    ]);
  });

  it('comes in pages', async () => {
    for (const id of ['page-a', 'page-b', 'page-c']) await run(host, 'fanOut', { count: 1 }, id);
    const query = 'instances?instanceIdPrefix=page-&top=2&runtimeStatus=Completed,Nonsense';
    const first = await call(host, 'GET', query);
    expect((first.body as { instanceId: string }[]).map((each) => each.instanceId)).toEqual([
      'page-a',
      'page-b',
    ]);
    const token = first.headers.get('x-ms-continuation-token')!;
    const second = await fetch(durable(host, query), {
      headers: { 'x-ms-continuation-token': token },
    });
    expect(second.headers.get('x-ms-continuation-token')).toBe(null);
    expect(await second.json()).toMatchObject([{ instanceId: 'page-c' }]);
  });

  it('is filtered by time', async () => {
    await run(host, 'fanOut', { count: 1 }, 'timed');
    const query = 'instances?instanceIdPrefix=timed&createdTime';
    const ids = async (filter: string): Promise<unknown[]> =>
      (await call(host, 'GET', query + filter)).body as unknown[];
    expect(await ids('From=2020-01-01T00:00:00Z')).toHaveLength(1);
    expect(await ids('From=2100-01-01T00:00:00Z')).toEqual([]);
    expect(await ids('To=2020-01-01T00:00:00Z')).toEqual([]);
  });

  it('of more than a page comes whole through the SDK, each instance once', async () => {
    const started = Array.from({ length: 130 }, (_, n) =>
      call(host, 'POST', `orchestrators/tellsVersion/many-${n}`),
    );
    await Promise.all(started);
    const { result } = await client(host, 'getStatusAll');
    const ids = (result as { instanceId: string }[]).map((each) => each.instanceId);
    expect(ids.filter((id) => id.startsWith('many-'))).toHaveLength(130);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('comes whole through the SDK', async () => {
    const { result } = await client(host, 'getStatusAll');
    expect((result as { instanceId: string }[]).map((each) => each.instanceId)).toContain('page-c');
    const filtered = await client(host, 'getStatusBy', { runtimeStatus: ['Failed'] });
    expect(
      (filtered.result as { runtimeStatus: string }[]).every(
        (each) => each.runtimeStatus === 'Failed',
      ),
    ).toBe(true);
  });
});

describe('a purge', () => {
  it('deletes an instance that has ended, once', async () => {
    await run(host, 'fanOut', { count: 1 }, 'purged');
    const answer = await call(host, 'DELETE', 'instances/purged');
    expect([answer.status, answer.body]).toEqual([200, { instancesDeleted: 1 }]);
    expect((await call(host, 'GET', 'instances/purged')).status).toBe(404);
    expect((await call(host, 'DELETE', 'instances/purged')).status).toBe(404);
    expect((await client(host, 'purgeInstanceHistory', 'purged')).result).toEqual({
      instancesDeleted: 0,
    });
  });

  it('refuses an instance that runs', async () => {
    await start(host, 'waiter', undefined, 'kept');
    await eventually(
      () => status(host, 'kept'),
      (seen) => seen.runtimeStatus === 'Running',
    );
    const answer = await call(host, 'DELETE', 'instances/kept');
    expect(answer.status).toBe(412);
    expect(answer.body).toBe(
      'Only orchestrations in a terminal state can be purged, but the orchestration with instance ID kept has status Running',
    );
  });

  it('deletes by filter, which needs a time', async () => {
    await call(host, 'POST', 'instances/kept/terminate?reason=x');
    const query = 'instances?createdTimeFrom=2020-01-01T00:00:00Z&runtimeStatus=Terminated';
    expect((await call(host, 'DELETE', query)).status).toBe(200);
    expect((await call(host, 'GET', 'instances/kept')).status).toBe(404);
    expect((await call(host, 'DELETE', query)).status).toBe(404);
    expect((await call(host, 'DELETE', 'instances')).status).toBe(400);
  });
});
