import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  startHost,
  temporaryDirectory,
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

function event(id: string, subject = 's'): Record<string, unknown> {
  return {
    id,
    eventType: 'my.event',
    subject,
    eventTime: '2026-11-23T21:43:01.393Z',
    dataVersion: '1',
    metadataVersion: '1',
    topic: 't',
    data: { n: 1, Timestamp: 'kept' },
    unknownField: { kept: true },
  };
}

function post(name: string, type: string | undefined, body: unknown): Promise<Response> {
  return fetch(`${host.url}/runtime/webhooks/EventGrid?functionName=${name}&code=KEY`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(type && { 'aeg-event-type': type }) },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
}

describe('the Event Grid endpoint', () => {
  it('answers a subscription validation with its code as text', async () => {
    const response = await post('onEvent', 'SubscriptionValidation', [
      { data: { validationCode: '512d38b6' } },
    ]);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('text/plain; charset=utf-8');
    expect(await response.text()).toBe('{"validationResponse":"512d38b6"}');
  });

  it('answers the validation of a CloudEvents subscription', async () => {
    const body = { data: JSON.stringify({ validationCode: 'c' }) };
    const response = await post('onEvent', 'subscriptionvalidation', body);
    expect(await response.text()).toBe('{"validationResponse":"c"}');
  });

  it('answers the CloudEvents handshake', async () => {
    const response = await fetch(`${host.url}/runtime/webhooks/eventgrid?functionName=onEvent`, {
      method: 'OPTIONS',
      headers: { 'WebHook-Request-Origin': 'eventgrid.azure.net' },
    });
    expect(response.status).toBe(200);
    expect(response.headers.get('webhook-allowed-origin')).toBe('eventgrid.azure.net');
  });

  it('calls the function once for each event, with all its fields', async () => {
    const response = await post('onEvent', 'Notification', [event('e1'), event('e2')]);
    expect(response.status).toBe(202);
    const { seen } = (await (await fetch(`${host.url}/api/seen`)).json()) as { seen: unknown[] };
    expect(seen).toContainEqual({ event: event('e1'), data: { n: 1, timestamp: 'kept' } });
    expect(seen).toContainEqual({ event: event('e2'), data: { n: 1, timestamp: 'kept' } });
  });

  it('takes a single object', async () => {
    expect((await post('onEvent', 'Notification', event('single'))).status).toBe(202);
  });

  it('answers 500 when one event fails, and still handles the others', async () => {
    const response = await post('onEvent', 'Notification', [event('bad', 'fail'), event('good')]);
    expect(response.status).toBe(500);
    expect(await response.text()).toBe('Exception while executing function: Functions.onEvent');
    const { seen } = (await (await fetch(`${host.url}/api/seen`)).json()) as {
      seen: { event: { id: string } }[];
    };
    expect(seen.map((each) => each.event.id)).toContain('good');
  });

  it('starts an orchestration through the function that an event calls', async () => {
    expect((await post('onDrop', 'Notification', [event('drop-1')])).status).toBe(202);
    expect((await untilEnd(host, 'drop-1')).output).toMatchObject({ sum: 14 });
  });

  it.each([
    ['Unsubscribe', '', 202],
    ['Other', [], 400],
    [undefined, [], 400],
    ['Notification', 'not json', 400],
    ['SubscriptionValidation', [{}], 400],
  ])('answers %s %j with %i', async (type, body, status) => {
    const response = await post('onEvent', type, body);
    expect(response.status).toBe(status);
    expect(await response.text()).toBe('');
  });

  it('answers 404 for a function that is not there', async () => {
    const response = await post('nope', 'Notification', []);
    expect(response.status).toBe(404);
    expect(await response.text()).toBe("cannot find function: 'nope'");
  });
});
