import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  eventually,
  startHost,
  temporaryDirectory,
  type RunningHost,
} from '../support/running-host.ts';
import { temporaryApp } from '../support/temporary-app.ts';

const data = temporaryDirectory();
const app = temporaryApp('app.js');
let host: RunningHost;
beforeAll(async () => {
  app.write(
    'app.js',
    `import { app } from '@azure/functions';
     let release;
     const held = new Promise((resolve) => (release = resolve));
     const seen = [];
     app.get('held', { handler: async () => { await held; return {}; } });
     app.timer('free', { schedule: '0 0 0 1 1 *', handler: () => release() });
     app.get('hello', { handler: () => ({ body: 'hello', headers: { 'X-Mine': 'app' } }) });
     app.timer('tick', { schedule: '0 0 0 1 1 *', handler: (timer) => void seen.push(timer.isPastDue) });
     app.eventGrid('onEvent', { handler: (event) => void seen.push(event.id) });
     app.get('seen', { handler: () => ({ jsonBody: seen }) });`,
  );
  const http = {
    routePrefix: 'v1/app',
    customHeaders: { 'X-Content-Type-Options': 'nosniff' },
    maxOutstandingRequests: 2,
  };
  app.write('host.json', JSON.stringify({ version: '2.0', extensions: { http } }));
  app.write(
    'local.settings.json',
    JSON.stringify({ Host: { CORS: 'https://page.example', CORSCredentials: true } }),
  );
  host = await startHost({ app: app.path, dataDir: data.path });
});
afterAll(async () => {
  await host.kill('SIGTERM');
  data.remove();
  app.remove();
});

const get = (path: string, headers: Record<string, string> = {}) =>
  fetch(`${host.url}/v1/app/${path}`, { headers });

describe('host.json', () => {
  it('sets the prefix of routes and the headers of answers', async () => {
    const response = await get('hello');
    expect(response.status).toBe(200);
    expect(response.headers.get('x-content-type-options')).toBe('nosniff');
    expect(response.headers.get('x-mine')).toBe('app');
    expect((await fetch(`${host.url}/api/hello`)).status).toBe(404);
  });

  it('has requests refused with 429 while too many are in progress', async () => {
    const held = [get('held'), get('held')];
    await eventually(
      async () => (await get('hello')).status,
      (status) => status === 429,
    );
    // Only what is not an HTTP function of the app still gets through.
    expect((await fetch(`${host.url}/admin/host/status`)).status).toBe(200);
    await fetch(`${host.url}/admin/functions/free`, { method: 'POST' });
    expect((await Promise.all(held)).map(({ status }) => status)).toEqual([200, 200]);
    expect((await get('hello')).status).toBe(200);
  });
});

describe('a page of another origin', () => {
  const origin = 'https://page.example';

  it('may call when local.settings.json names it', async () => {
    const response = await get('hello', { origin });
    expect(response.headers.get('access-control-allow-origin')).toBe(origin);
    expect(response.headers.get('access-control-allow-credentials')).toBe('true');
  });

  it('is told before that it may', async () => {
    const response = await fetch(`${host.url}/v1/app/hello`, {
      method: 'OPTIONS',
      headers: {
        origin,
        'access-control-request-method': 'PUT',
        'access-control-request-headers': 'x-mine',
      },
    });
    expect(response.status).toBe(204);
    expect(response.headers.get('access-control-allow-methods')).toBe('PUT');
    expect(response.headers.get('access-control-allow-headers')).toBe('x-mine');
  });

  it('may not call otherwise', async () => {
    const response = await get('hello', { origin: 'https://other.example' });
    expect(response.headers.get('access-control-allow-origin')).toBeNull();
  });
});

describe('an admin request', () => {
  const post = (name: string, body: string) =>
    fetch(`${host.url}/admin/functions/${name}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
    });
  const seen = async () => (await (await get('seen')).json()) as unknown[];

  it.each([
    ['tick', '{}', false],
    ['TICK', '', false],
    ['onEvent', JSON.stringify({ input: JSON.stringify({ id: 'as text' }) }), 'as text'],
    ['onEvent', JSON.stringify({ input: { id: 'as object' } }), 'as object'],
  ])('runs %s now with %s', async (name, body, trace) => {
    expect((await post(name, body)).status).toBe(202);
    await eventually(seen, (all) => all.includes(trace));
    expect(await seen()).toContain(trace);
  });

  it.each([
    ['hello', '{}', 400],
    ['nope', '{}', 404],
    ['tick', 'not json', 400],
  ])('to run %s with %s gives %i', async (name, body, status) => {
    expect((await post(name, body)).status).toBe(status);
  });

  it('shows one function', async () => {
    const response = await fetch(`${host.url}/admin/functions/tick`);
    expect(await response.json()).toEqual({
      name: 'tick',
      type: 'timerTrigger',
      schedule: '0 0 0 1 1 *',
    });
  });
});
