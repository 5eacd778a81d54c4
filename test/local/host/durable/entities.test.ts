import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readHistory } from '../../../../local/host/durable/replay-history.ts';
import { call, client } from '../support/durable-client.ts';
import {
  durable,
  eventually,
  run,
  startHost,
  temporaryDirectory,
  type RunningHost,
} from '../support/running-host.ts';

const data = temporaryDirectory();
let host: RunningHost;
beforeAll(async () => void (host = await startHost({ dataDir: data.path })));
afterAll(async () => {
  await host.kill('SIGTERM');
  data.remove();
});

async function stateOf(key: string): Promise<unknown> {
  const answer = await call(host, 'GET', `entities/counter/${key}`);
  return answer.status === 404 ? undefined : answer.body;
}

describe('an orchestration', () => {
  it('signals and calls an entity, whose operations keep their order', async () => {
    const numbers = Array.from({ length: 50 }, (_, n) => n);
    expect((await run(host, 'counts', { key: 'ordered', numbers })).output).toBe(1225);
    expect(await stateOf('ordered')).toBe(1225);
  });

  it('mixes entities with activities, and an entity signals another one', async () => {
    const { output } = await run(host, 'entityMix', undefined, 'mix');
    expect(output).toEqual({
      results: [5, 9, { name: 'counter', key: 'mix', isNew: false, input: { a: 1 } }],
      nothing: true,
      last: 7,
    });
    await eventually(
      () => stateOf('mix-other'),
      (state) => state === 7,
    );
  });

  it('has messages and answers in its history', async () => {
    await run(host, 'counts', { key: 'told', numbers: [3] }, 'told');
    const history = readHistory(data.path, 'told');
    expect(history.map((event) => event.EventType)).toEqual([12, 0, 14, 14, 13, 12, 15, 13, 1]);
    const [signal, request, answer] = [2, 3, 6].map((index) => history[index]!);
    expect(signal).toMatchObject({ EventId: 0, InstanceId: '@counter@told', Name: 'op' });
    expect(JSON.parse(signal!.Input!)).toMatchObject({ op: 'add', signal: true, input: '3' });
    expect(JSON.parse(request!.Input!)).toEqual({
      op: 'get',
      id: answer!.Name,
      parent: 'told',
      parentExecution: history[1]!.OrchestrationInstance!.ExecutionId,
    });
    expect(answer!.Input).toBe('{"result":"3"}');
  });

  it('sees no message of an operation that threw, whose state is kept, as in Azure', async () => {
    expect((await run(host, 'spoils')).output).toEqual({ caught: '[object Object]', kept: -1 });
    expect(host.log()).toContain('an operation threw an error: as in Azure, its message is lost');
  });

  it('sends what it has signalled although it ends in the same episode', async () => {
    await run(host, 'signalsAtItsEnd', undefined, 'at-end');
    const state = await eventually(
      () => stateOf('at-end'),
      (seen) => seen !== undefined,
    );
    expect(state).toBe(7);
  });

  it('that no longer calls the entity it has called is found out', async () => {
    const { runtimeStatus, output } = await run(host, 'changingEntity');
    expect(runtimeStatus).toBe('Failed');
    expect(output).toContain(
      "scheduled a send event task with sequence ID 0, type 'EventSent', name 'op', instance ID '@counter@changing', " +
        'but the current orchestration replay instead scheduled a ScheduleTaskOrchestratorAction task at this sequence number.',
    );
  });
});

it('an operation gets the metadata of the real host', async () => {
  expect((await run(host, 'entityMetadata', undefined, 'meta')).output).toMatchObject({
    self: { name: 'counter', key: 'meta' },
    exists: 'False',
  });
});

describe('a client', () => {
  it('signals an entity and reads its state through the SDK', async () => {
    const id = { name: 'Counter', key: 'by-sdk' };
    expect(await client(host, 'readEntityState', id)).toEqual({ result: { entityExists: false } });
    expect(await client(host, 'signalEntity', id, 'add', 5)).toEqual({ result: null });
    const read = await eventually(
      () => client(host, 'readEntityState', id),
      ({ result }) => (result as { entityExists: boolean }).entityExists,
    );
    expect(read.result).toEqual({ entityExists: true, entityState: 5 });
  });

  it('gets a 404 for an entity that is not there, and for one that has deleted itself', async () => {
    const unknown = await call(host, 'GET', 'entities/counter/none');
    expect([unknown.status, unknown.text]).toEqual([404, '']);
    expect((await call(host, 'POST', 'entities/counter/gone?op=add', 1)).status).toBe(202);
    await eventually(
      () => stateOf('gone'),
      (state) => state === 1,
    );
    expect((await call(host, 'DELETE', 'entities/counter/gone')).status).toBe(202);
    await eventually(
      () => stateOf('gone'),
      (state) => state === undefined,
    );
  });

  it('is told at once that there is no such entity, and that JSON is none', async () => {
    const unknown = await call(host, 'POST', 'entities/nobody/a?op=add', 1);
    expect([unknown.status, unknown.body]).toMatchObject([
      400,
      {
        Message:
          "The function 'nobody' doesn't exist, is disabled, or is not an entity function. " +
          "Additional info: The following are the known entity functions: 'Counter'.",
      },
    ]);
    const headers = { 'content-type': 'application/json' };
    const url = durable(host, 'entities/counter/a?op=add');
    expect((await fetch(url, { method: 'POST', headers, body: 'x=1' })).status).toBe(400);
  });

  it('reaches the entity with the empty key', async () => {
    expect((await call(host, 'POST', 'entities/counter?op=add', 4)).status).toBe(202);
    const { body } = await eventually(
      () => call(host, 'GET', 'entities/counter/$'),
      ({ status }) => status === 200,
    );
    expect(body).toBe(4);
  });

  it('lists entities in pages', async () => {
    for (const key of ['list-a', 'list-b', 'list-c']) {
      await run(host, 'counts', { key, numbers: [1] });
    }
    const first = await call(host, 'GET', 'entities/Counter?top=2&fetchState=true');
    expect(first.body).toHaveLength(2);
    const keys: string[] = [];
    let token: string | null = '';
    while (token !== null) {
      const page: Response = await fetch(durable(host, 'entities?top=2&fetchState=true'), {
        headers: { 'x-ms-continuation-token': token },
      });
      token = page.headers.get('x-ms-continuation-token');
      const rows = (await page.json()) as { entityId: { name: string; key: string } }[];
      keys.push(...rows.map((row) => row.entityId.key));
    }
    expect(keys).toEqual([...keys].toSorted());
    expect(keys.filter((key) => key.startsWith('list-'))).toEqual(['list-a', 'list-b', 'list-c']);
  });
});

it('an entity that was told something before a kill -9 does it after it', async () => {
  const place = temporaryDirectory();
  let second = await startHost({ dataDir: place.path });
  try {
    const sent = Array.from({ length: 40 }, () =>
      call(second, 'POST', 'entities/counter/k?op=add', 1),
    );
    await Promise.all(sent);
    await second.kill('SIGKILL');
    second = await startHost({ dataDir: place.path });
    const { body } = await eventually(
      () => call(second, 'GET', 'entities/counter/k'),
      (answer) => answer.body === 40,
    );
    expect(body).toBe(40);
  } finally {
    await second.kill('SIGKILL');
    place.remove();
  }
});
