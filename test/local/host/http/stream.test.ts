import { request as httpRequest, type IncomingMessage } from 'node:http';
import { once } from 'node:events';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startHost, temporaryDirectory, type RunningHost } from '../support/running-host.ts';

const data = temporaryDirectory();
let host: RunningHost;
beforeAll(async () => void (host = await startHost({ app: 'streaming', dataDir: data.path })));
afterAll(async () => {
  await host.kill('SIGTERM');
  data.remove();
});

it('streams a body both ways: each piece is answered before the next one is sent', async () => {
  const request = httpRequest(`${host.url}/api/shout`, { method: 'POST' });
  request.write('one');
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  response.setEncoding('utf8');
  expect(await once(response, 'data')).toEqual(['ONE']);
  request.write('two');
  expect(await once(response, 'data')).toEqual(['TWO']);
  request.end();
  response.resume();
  await once(response, 'end');
});

it('hands over parameters, query, headers and body, and answers with status, headers and cookies', async () => {
  const response = await fetch(`${host.url}/api/facts/7?q=x%20y`, {
    method: 'POST',
    headers: { 'x-mine': 'yes' },
    body: 'the body',
  });
  expect(response.status).toBe(201);
  expect(response.headers.get('x-mine')).toBe('yes');
  expect(response.headers.getSetCookie()).toEqual(['a=b']);
  expect(response.headers.get('x-frame-options')).toBe('DENY');
  expect(await response.json()).toEqual({
    url: `${host.url}/api/facts/7?q=x%20y`,
    id: '7',
    q: 'x y',
    text: 'the body',
  });
});

it('takes a body that is larger than the limit for bodies that are not streamed', async () => {
  const piece = Buffer.alloc(1_048_576, 'x');
  const pieces = 110;
  const body = new ReadableStream({
    pull(controller) {
      sent += 1;
      if (sent > pieces) controller.close();
      else controller.enqueue(piece);
    },
  });
  let sent = 0;
  const response = await fetch(`${host.url}/api/size`, {
    method: 'POST',
    body,
    duplex: 'half',
  } as RequestInit);
  expect(await response.json()).toEqual({ size: pieces * piece.length });
});

it('answers 500 when the handler throws, and names it in the log', async () => {
  expect((await fetch(`${host.url}/api/throws`)).status).toBe(500);
  expect(host.log()).toMatch(/error throws {2}HTTP GET failed: Error: broken before the answer/);
});

it('breaks the answer off when the handler fails in the middle of it', async () => {
  const response = await fetch(`${host.url}/api/half`);
  expect(response.status).toBe(200);
  await expect(response.text()).rejects.toThrow('terminated');
});
