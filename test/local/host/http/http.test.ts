import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  eventually,
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

interface Echo {
  method: string;
  url: string;
  params: Record<string, string>;
  query: Record<string, string>;
  headers: Record<string, string>;
  body: string;
}

async function echo(path: string, init?: RequestInit): Promise<Echo> {
  const response = await fetch(`${host.url}/api/${path}`, init);
  expect(response.status).toBe(200);
  return (await response.json()) as Echo;
}

describe('an HTTP request', () => {
  it('reaches its function with URL, parameters, query and headers', async () => {
    const seen = await echo('ECHO/a%20b/c?x=1&x=2&y=z', { headers: { 'X-Mine': 'yes' } });
    expect(seen).toMatchObject({
      method: 'GET',
      url: `${host.url}/api/ECHO/a%20b/c?x=1&x=2&y=z`,
      params: { first: 'a b', second: 'c' },
      query: { x: '1,2', y: 'z' },
    });
    expect(seen.headers['x-mine']).toBe('yes');
  });

  it('reaches it without the optional parameter', async () => {
    expect((await echo('echo/one')).params).toEqual({ first: 'one' });
  });

  it('keeps every byte of its body', async () => {
    const bytes = Buffer.from(Array.from({ length: 256 }, (_, n) => n));
    const seen = await echo('echo/x', { method: 'POST', body: bytes });
    expect(Buffer.from(seen.body, 'base64')).toEqual(bytes);
  });

  it('may send its body in chunks', async () => {
    const body = new ReadableStream({
      start(controller) {
        controller.enqueue(Buffer.from('one '));
        controller.enqueue(Buffer.from('two'));
        controller.close();
      },
    });
    const seen = await echo('echo/x', { method: 'PUT', body, duplex: 'half' } as RequestInit);
    expect(Buffer.from(seen.body, 'base64').toString()).toBe('one two');
  });

  it.each([
    ['files/a/b%20c/d', { path: 'a/b c/d' }],
    ['files', {}],
    ['items/12', { id: '12' }],
    ['items/abc', { name: 'abc' }],
  ])('matches its route: %s', async (path, params) => {
    expect((await echo(path)).params).toEqual(params);
  });

  it('prefers plain text to a parameter', async () => {
    const response = await fetch(`${host.url}/api/items/special`);
    expect(await response.text()).toBe('literal');
  });

  it.each([
    ['GET', 'api/items/a-1', 404],
    ['GET', 'api/none', 404],
    ['GET', 'echo/x', 404],
    ['DELETE', 'api/echo/x', 404],
    ['GET', 'api/nothing', 204],
    ['GET', 'api/text', 500],
    ['GET', 'api/throws', 500],
    ['GET', 'api/echo/%E0%A4%A', 400],
  ])('is answered as in Azure: %s %s gives %i', async (method, path, status) => {
    const response = await fetch(`${host.url}/${path}`, { method });
    expect(response.status).toBe(status);
    if (status !== 400) expect(await response.text()).toBe('');
  });

  it('names the function that threw in the log', async () => {
    await fetch(`${host.url}/api/throws`);
    expect(host.log()).toMatch(/error throws {2}HTTP GET failed: Error: broken handler/);
  });
});

describe('an HTTP response', () => {
  it('has the status, headers and bytes that the handler gave', async () => {
    const response = await fetch(`${host.url}/api/bytes`);
    expect(response.status).toBe(201);
    expect(response.headers.get('x-mine')).toBe('yes');
    expect([...new Uint8Array(await response.arrayBuffer())]).toEqual([0, 255, 7]);
  });

  it('has its cookies as Azure writes them', async () => {
    const response = await fetch(`${host.url}/api/cookies`);
    expect(response.headers.getSetCookie()).toEqual([
      'a=b%20c; max-age=5; path=/; samesite=lax; httponly',
      'd=e; path=/',
    ]);
  });
});

describe('an error that escapes from a function', () => {
  it.each([
    ['thrown in a callback', 'throwsLater'],
    ['a rejection that nobody waits for', 'leaksRejection'],
  ])('%s fails its own invocation by name', async (_what, name) => {
    expect((await fetch(`${host.url}/api/${name}`)).status).toBe(500);
    const log = await eventually(host.log, (text) => text.includes(`from ${name}`));
    expect(log).toMatch(
      new RegExp(`error ${name} {2}An error escaped from it: Error: from ${name}`),
    );
    expect(log).toMatch(new RegExp(`error ${name} {2}HTTP GET failed: Error: from ${name}`));
  });

  it('is still told of by name when the invocation has ended', async () => {
    expect((await fetch(`${host.url}/api/throwsAfterwards`)).status).toBe(202);
    const log = await eventually(host.log, (text) => text.includes('from throwsAfterwards'));
    expect(log).toMatch(/error throwsAfterwards {2}An error escaped from it after it had ended: E/);
    expect((await fetch(`${host.url}/api/nothing`)).status).toBe(204);
  });
});

it('the admin endpoint tells that the host is running', async () => {
  const response = await fetch(`${host.url}/admin/host/status`);
  expect(await response.json()).toMatchObject({ state: 'Running', versionDetails: '4.1037.0' });
});
