import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { call, client } from '../support/durable-client.ts';
import {
  durable,
  run,
  start,
  startHost,
  status,
  temporaryDirectory,
  until,
  type RunningHost,
} from '../support/running-host.ts';

const data = temporaryDirectory();
let host: RunningHost;
beforeAll(async () => void (host = await startHost({ dataDir: data.path })));
afterAll(async () => {
  await host.kill('SIGTERM');
  data.remove();
});

const links = [
  'id',
  'statusQueryGetUri',
  'sendEventPostUri',
  'terminatePostUri',
  'rewindPostUri',
  'purgeHistoryDeleteUri',
  'restartPostUri',
  'suspendPostUri',
  'resumePostUri',
];

describe('starting', () => {
  it('through the SDK answers 202 with nine links of the origin that was asked', async () => {
    const response = await fetch(`${host.url}/api/start/waiter/nine`, { method: 'POST' });
    const body = (await response.json()) as Record<string, string>;
    expect(response.status).toBe(202);
    expect(response.headers.get('retry-after')).toBe('10');
    expect(response.headers.get('location')).toBe(body['statusQueryGetUri']);
    expect(Object.keys(body)).toEqual(links);
    expect(body['statusQueryGetUri']).toBe(
      `${host.url}/runtime/webhooks/durabletask/instances/nine?taskHub=fixtures&connection=Storage&code=local`,
    );
  });

  it('through the endpoint answers with eight links and a made-up id', async () => {
    const answer = await call(host, 'POST', 'orchestrators/waiter', { q: 4 });
    expect(answer.status).toBe(202);
    expect(Object.keys(answer.body as object)).toEqual(
      links.filter((name) => name !== 'rewindPostUri'),
    );
    expect((answer.body as { id: string }).id).toMatch(/^[0-9a-f]{32}$/);
  });

  it('an id that is alive is refused with 409', async () => {
    await start(host, 'waiter', undefined, 'alive');
    await until(host, 'alive', 'Running');
    const message = {
      Message: 'An Orchestration instance with the status Running already exists.',
    };
    const answer = await call(host, 'POST', 'orchestrators/waiter/alive', {});
    expect([answer.status, answer.body]).toEqual([409, message]);
    const { caught } = await client(host, 'startNew', 'waiter', { instanceId: 'alive' });
    expect(caught).toBe(
      `The operation failed with an unexpected status code: 409. Details: ${JSON.stringify(message)}`,
    );
  });

  it('an id that has ended starts again', async () => {
    expect((await run(host, 'fanOut', { count: 1 }, 'again')).output).toMatchObject({ sum: 1 });
    expect((await run(host, 'fanOut', { count: 2 }, 'again')).output).toMatchObject({ sum: 5 });
  });

  it('what is no JSON is refused with 400', async () => {
    const response = await fetch(durable(host, 'orchestrators/waiter'), {
      method: 'POST',
      body: 'x=1',
    });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ Message: 'Invalid JSON content' });
  });

  it('can wait for the end', async () => {
    const answer = await call(host, 'POST', 'orchestrators/fanOut?timeout=5&pollingInterval=0.01', {
      count: 2,
    });
    expect([answer.status, answer.body]).toMatchObject([200, { sum: 5 }]);
    const waiting = await call(
      host,
      'POST',
      'orchestrators/waiter?timeout=0.05&pollingInterval=0.01',
      {},
    );
    expect(waiting.status).toBe(202);
    const failed = await call(
      host,
      'POST',
      'orchestrators/plainError?timeout=5&pollingInterval=0.01',
    );
    expect([failed.status, failed.body]).toMatchObject([200, { runtimeStatus: 'Failed' }]);
    const impatient = await call(host, 'POST', 'orchestrators/waiter?timeout=1&pollingInterval=2');
    expect([impatient.status, impatient.body]).toEqual([
      400,
      { Message: 'Total timeout 1 should be bigger than retry timeout 2' },
    ]);
  });

  it('without input gives the empty string, as the SDK does in Azure', async () => {
    await start(host, 'waiter', undefined, 'no-input');
    expect((await status(host, 'no-input')).input).toBe('');
    await call(host, 'POST', 'orchestrators/waiter/null-input');
    expect((await status(host, 'null-input')).input).toBe(null);
  });
});

describe('a status', () => {
  it('has its fields in the order of Azure and whole seconds', async () => {
    await run(host, 'fanOut', { count: 2 }, 'shown');
    const { status: code, text } = await call(host, 'GET', 'instances/shown');
    expect(code).toBe(200);
    expect(text.replaceAll(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/g, 'TIME')).toBe(
      '{"name":"fanOut","instanceId":"shown","runtimeStatus":"Completed","input":{"count":2},' +
        '"customStatus":{"phase":"done"},"output":{"sum":5,"instanceId":"shown"},"createdTime":"TIME","lastUpdatedTime":"TIME"}',
    );
  });

  it('of a running instance is a 202 with where to ask again', async () => {
    await start(host, 'waiter', undefined, 'runs');
    const answer = await call(host, 'GET', 'instances/runs?showInput=false');
    expect(answer.status).toBe(202);
    expect(answer.headers.get('retry-after')).toBe('5');
    expect(answer.headers.get('location')).toBe(durable(host, 'instances/runs?showInput=false'));
  });

  it('of a failed instance is a 500 only when asked for', async () => {
    await run(host, 'plainError', undefined, 'failed');
    expect((await call(host, 'GET', 'instances/failed')).status).toBe(200);
    expect(
      (await call(host, 'GET', 'instances/failed?returnInternalServerErrorOnFailure=true')).status,
    ).toBe(500);
  });

  it('of an unknown instance is an empty 404', async () => {
    const answer = await call(host, 'GET', 'instances/none');
    expect([answer.status, answer.text]).toEqual([404, '']);
    const { caught } = await client(host, 'getStatus', 'none');
    expect(caught).toContain('replied with HTTP 404 response');
  });

  it('can hide the input', async () => {
    await run(host, 'fanOut', { count: 1 }, 'hidden');
    expect((await status(host, 'hidden', '?showInput=false')).input).toBe(null);
  });

  it('shows history as Azure does', async () => {
    await run(host, 'fanOut', { count: 1 }, 'told');
    const { historyEvents } = await status(
      host,
      'told',
      '?showHistory=true&showHistoryOutput=true',
    );
    expect(historyEvents!.map((event) => Object.keys(event))).toEqual([
      [
        'EventType',
        'Input',
        'Correlation',
        'ParentTraceContext',
        'ScheduledStartTime',
        'Generation',
        'GenerateNewTrace',
        'Timestamp',
        'FunctionName',
      ],
      ['EventType', 'Result', 'Timestamp', 'ScheduledTime', 'FunctionName', 'Input'],
      ['EventType', 'OrchestrationStatus', 'Result', 'FailureDetails', 'Timestamp'],
    ]);
    expect(historyEvents![1]).toMatchObject({
      EventType: 'TaskCompleted',
      Result: 1,
      FunctionName: 'square',
      Input: null,
    });
    const silent = await status(host, 'told', '?showHistory=true');
    expect(silent.historyEvents!.some((event) => 'Result' in event)).toBe(false);
  });

  it('comes through the SDK with dates', async () => {
    await run(host, 'fanOut', { count: 1 }, 'through-sdk');
    expect((await client(host, 'getStatus', 'through-sdk')).result).toMatchObject({
      name: 'fanOut',
      runtimeStatus: 'Completed',
      createdTime: expect.stringMatching(/:\d\d\.000Z$/),
      output: { sum: 1 },
    });
  });
});
