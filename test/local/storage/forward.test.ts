import http from 'node:http';
import fc from 'fast-check';
import { beforeEach, expect, onTestFinished, test } from 'vitest';
import { startGateway } from '../../../local/storage/gateway.ts';
import { listening, temporaryFolder } from './support.ts';

interface Seen {
  method: string | undefined;
  url: string | undefined;
  rawHeaders: string[];
  body: Buffer;
}

let seen: Seen[];
let respond: (response: http.ServerResponse) => void;
let gatewayUrl: string;
let azuriteUrl: string;

/** The gateway in front of a server that keeps what it gets. */
beforeEach(async () => {
  seen = [];
  respond = (response) => response.end();
  azuriteUrl = await listening(
    http.createServer(async (request, response) => {
      const { method, url, rawHeaders } = request;
      seen.push({ method, url, rawHeaders, body: Buffer.concat(await request.toArray()) });
      respond(response);
    }),
  );
  gatewayUrl = await gatewayTo(azuriteUrl);
});

async function gatewayTo(azurite: string): Promise<string> {
  const options = { azuriteUrl: azurite, dataDir: temporaryFolder(), subscriptions: [] };
  const gateway = await startGateway(options);
  onTestFinished(() => gateway.close());
  return gateway.url;
}

interface Sent {
  method: string;
  path: string;
  headers: string[];
  body?: Buffer;
}

interface Answer {
  status: number | undefined;
  message: string | undefined;
  rawHeaders: string[];
  headers: http.IncomingHttpHeaders;
  body: Buffer;
}

const agent = new http.Agent({ keepAlive: true });

function send({ method, path, headers, body }: Sent, root = gatewayUrl): Promise<Answer> {
  const { host, hostname, port } = new URL(root);
  const all = ['Host', host, ...headers];
  return new Promise((resolve, reject) => {
    const request = http.request({ agent, hostname, port, method, path, headers: all });
    request.on('error', reject).on('response', async (response) => {
      const { statusCode: status, statusMessage: message, rawHeaders, headers: parsed } = response;
      const received = Buffer.concat(await response.toArray());
      resolve({ status, message, rawHeaders, headers: parsed, body: received });
    });
    request.end(body);
  });
}

const withoutConnection = (raw: string[]) =>
  raw.filter((_, at) => !/^(connection|keep-alive)$/i.test(raw[at - (at % 2)]!));

const token = fc.stringMatching(/^[A-Za-z][A-Za-z0-9-]{0,20}$/).map((name) => `x-${name}`);
const latin1 = fc.stringMatching(
  /^[!-~\u00a1-\u00ff]([ -~\u00a1-\u00ff]{0,30}[!-~\u00a1-\u00ff])?$/,
);
const headerList = fc.array(fc.tuple(token, latin1), { maxLength: 6 }).map((list) => list.flat());
const path = fc.stringMatching(/^\/([!"$-.0-~]|%[0-9a-fA-F]{2}|\/){0,60}(\?[!-"$-~]{0,40})?$/);
const bytes = fc.uint8Array({ maxLength: 5_000 }).map((array) => Buffer.from(array));

test('any request arrives as it was sent, byte for byte', async () => {
  const methods = fc.constantFrom('PUT', 'POST', 'PATCH', 'MERGE');
  const requests = fc.record({ method: methods, path, headers: headerList, body: bytes });
  const arrives = async ({ method, path, headers, body }: Required<Sent>) => {
    seen = [];
    const sent = [...headers, 'Content-Length', String(body.length)];
    await send({ method, path, headers: sent, body });
    const [{ rawHeaders, ...request }] = seen as [Seen];
    expect(request).toEqual({ method, url: path, body });
    expect(withoutConnection(rawHeaders)).toEqual(['Host', new URL(gatewayUrl).host, ...sent]);
  };
  await fc.assert(fc.asyncProperty(requests, arrives), { numRuns: 200 });
});

test('any answer comes back as it was given, byte for byte', async () => {
  const statuses = fc.constantFrom(200, 201, 202, 206, 400, 404, 409, 412, 500, 503);
  const answers = fc.record({ status: statuses, headers: headerList, body: bytes });
  const comesBack = async (given: { status: number; headers: string[]; body: Buffer }) => {
    const { status, headers, body } = given;
    const all = [...headers, 'Content-Length', String(body.length), 'Date', 'then'];
    respond = (response) => response.writeHead(status, 'Own Words', all).end(body);
    const answer = await send({ method: 'GET', path: '/a', headers: [] });
    expect(answer).toMatchObject({ status, message: 'Own Words' });
    expect(answer.body.equals(body)).toBe(true);
    expect(withoutConnection(answer.rawHeaders)).toEqual(all);
  };
  await fc.assert(fc.asyncProperty(answers, comesBack), { numRuns: 200 });
});

test('a chunked body streams through in both directions before it has ended', async () => {
  const echo = await listening(http.createServer((request, response) => request.pipe(response)));
  const { hostname, port } = new URL(await gatewayTo(echo));
  const request = http.request({ hostname, port, method: 'PUT', path: '/a/b/c' });
  request.write('ping');
  const response = await new Promise<http.IncomingMessage>((resolve) =>
    request.on('response', resolve),
  );
  const chunks = response[Symbol.asyncIterator]();
  expect(String((await chunks.next()).value)).toBe('ping');
  request.end('pong');
  expect(String((await chunks.next()).value)).toBe('pong');
  expect((await chunks.next()).done).toBe(true);
});

test('a HEAD keeps the length that it tells, and a 304 has no body', async () => {
  respond = (response) => response.writeHead(200, { 'Content-Length': 1234, ETag: '"1"' }).end();
  const head = await send({ method: 'HEAD', path: '/a', headers: [] });
  expect(head.headers).toMatchObject({ 'content-length': '1234', etag: '"1"' });
  respond = (response) => response.writeHead(304).end();
  expect(await send({ method: 'GET', path: '/a', headers: [] })).toMatchObject({ status: 304 });
});

test('a client that waits for 100 Continue gets it', async () => {
  const { hostname, port } = new URL(gatewayUrl);
  const headers = { Expect: '100-continue', 'Content-Length': 4 };
  const request = http.request({ hostname, port, method: 'PUT', path: '/a', headers });
  await new Promise((resolve) => request.once('continue', resolve).flushHeaders());
  request.end('body');
  await new Promise((resolve) =>
    request.once('response', (response) => response.resume().on('end', resolve)),
  );
  expect(seen[0]!.body.toString()).toBe('body');
});

test('a request without a body and a length stays without one', async () => {
  await send({ method: 'DELETE', path: '/a', headers: [] });
  expect(withoutConnection(seen[0]!.rawHeaders)).toEqual(['Host', new URL(gatewayUrl).host]);
});

test('a client that goes away cuts off the request behind the gateway', async () => {
  const cut = Promise.withResolvers<void>();
  const stuck = await listening(
    http.createServer((_, response) => void response.on('close', () => cut.resolve())),
  );
  const abort = new AbortController();
  const request = fetch(`${await gatewayTo(stuck)}/a`, { signal: abort.signal });
  setTimeout(() => abort.abort(), 50);
  await expect(request).rejects.toThrow('aborted');
  await cut.promise;
});

test('a request waits for Azurite to come up, and its body is then sent whole', async () => {
  const late = http.createServer(async (request, response) => {
    response.end(Buffer.concat(await request.toArray()));
  });
  const url = await listening(late);
  await new Promise((resolve) => late.close(resolve));
  const body = Buffer.alloc(100_000, 'b');
  const headers = ['Content-Length', String(body.length)];
  const answer = send({ method: 'PUT', path: '/a', headers, body }, await gatewayTo(url));
  setTimeout(() => late.listen(Number(new URL(url).port), '127.0.0.1'), 200);
  expect((await answer).body.equals(body)).toBe(true);
});

test('an answer that never comes is a 503 in the words of Azure Storage', async () => {
  const rude = await listening(http.createServer((request) => request.socket.destroy()));
  const root = await gatewayTo(rude);
  const answer = await send({ method: 'PUT', path: '/a', headers: ['Content-Length', '0'] }, root);
  expect(answer).toMatchObject({ status: 503, headers: { 'x-ms-error-code': 'ServerBusy' } });
  expect(String(answer.body)).toContain(`Azurite at ${new URL(rude).host} does not answer`);
});
