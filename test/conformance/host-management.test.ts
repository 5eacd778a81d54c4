import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  eventually,
  startHost,
  temporaryDirectory,
  type RunningHost,
} from '../local/host/support/running-host.ts';
import { normalize, withoutMoments } from './host/normalize.ts';
import { readExchanges, recordingPath, type RecordedExchange } from './host/recording.ts';

const path = recordingPath();
const exchanges = path === undefined ? [] : readExchanges(path);

/** Where the local host differs, and why. */
const notCompared: Record<string, string> = {
  'rewind Failed': 'rewind is not provided',
  'GET status after rewind': 'rewind is not provided',
};

describe.skipIf(path === undefined)(
  'what the real host answered (SLUICE_REFERENCE_DIR is where the recording lies)',
  () => {
    const data = temporaryDirectory();
    let host: RunningHost;
    let keys: KeyFile;
    beforeAll(async () => {
      const app = join(import.meta.dirname, 'host/app');
      const env = { FAN_OUT_TIMER: '400' };
      host = await startHost({ app, dataDir: data.path, env, args: ['--auth'] });
      keys = JSON.parse(readFileSync(join(data.path, 'keys.json'), 'utf8')) as KeyFile;
    });
    afterAll(async () => {
      await host.kill('SIGTERM');
      data.remove();
    });

    it('is read from the recording', () => {
      expect(exchanges.length).toBeGreaterThan(80);
      expect(Object.keys(notCompared).filter((title) => !titles.has(title))).toEqual([]);
    });

    const titles = new Set(exchanges.map(({ title }) => title));
    for (const [index, exchange] of exchanges.entries()) {
      const reason = notCompared[exchange.title];
      // One after the other, as recorded: what an instance is depends on what came before.
      it.skipIf(reason)(
        `${index + 1}. ${exchange.title}${reason ? `: ${reason}` : ''}`,
        async () => {
          const answer = await replayExchange({ host, keys }, exchange);
          expect(answer.status).toBe(exchange.status);
          expect(headersOf(answer)).toEqual(headersOf(exchange));
          if (exchange.title.startsWith('list instances')) return expectPage(answer, exchange);
          if (exchange.path === '/admin/host/status') return expectSameHost(answer, exchange);
          if (exchange.path === '/admin/functions') return expectSameFunctions(answer, exchange);
          expect(normalize(withState(answer.text, exchange))).toBe(normalize(exchange.text));
          // Nothing that was taken out above hides a blank: the body is as compact as the real one.
          if (answer.text.startsWith('{')) {
            expect(answer.text).toBe(JSON.stringify(JSON.parse(answer.text)));
          }
        },
      );
    }
  },
);

interface KeyFile {
  masterKey: string;
  systemKeys: { durabletask_extension: string; eventgrid_extension: string };
  functions: Record<string, { default: string }>;
}

interface Target {
  host: RunningHost;
  keys: KeyFile;
}

interface Answer {
  status: number;
  headers: Record<string, string>;
  text: string;
}

/** Sends a request as soon as its instance is as it was when it was recorded. */
async function replayExchange(target: Target, exchange: RecordedExchange): Promise<Answer> {
  if (isRepeatable(exchange)) {
    return eventually(
      () => send(target, exchange),
      (answer) => stateOf(answer.text, exchange) === stateOf(exchange.text, exchange),
    );
  }
  await untilReady(target, exchange);
  return send(target, exchange);
}

function isRepeatable({ method, path: target }: RecordedExchange): boolean {
  return method === 'GET' || target.startsWith('/api/op/entity/');
}

type Sent = Pick<RecordedExchange, 'title' | 'method' | 'path' | 'body'>;

async function send({ host, keys }: Target, exchange: Sent): Promise<Answer> {
  const { method, path: target, body } = exchange;
  const response = await fetch(
    host.url + target.replace('code=KEY', `code=${keyFor(target, keys)}`),
    { method, headers: unrecordedHeaders(exchange, keys), ...(body !== undefined && { body }) },
  );
  const text = await response.text();
  return { status: response.status, headers: Object.fromEntries(response.headers), text };
}

/** The key that the recording has put KEY for. */
function keyFor(target: string, { systemKeys, functions }: KeyFile): string {
  if (target.startsWith('/api/')) return functions['keyed']!.default;
  return target.includes('/EventGrid?')
    ? systemKeys.eventgrid_extension
    : systemKeys.durabletask_extension;
}

/** Headers of requests are not recorded; what they were follows from the titles. */
function unrecordedHeaders({ title, path: of, body }: Sent, keys: KeyFile): Record<string, string> {
  const key = title.endsWith('with x-functions-key')
    ? keys.functions['keyed']!.default
    : title.endsWith('with master key') && keys.masterKey;
  const event = title.endsWith('validation') ? 'SubscriptionValidation' : 'Notification';
  return {
    ...(body !== undefined && { 'content-type': 'application/json' }),
    ...(key && { 'x-functions-key': key }),
    ...(of.includes('/EventGrid?') && { 'aeg-event-type': event }),
  };
}

/** What of a body changes while an instance runs. */
function stateOf(text: string, { title, status, headers }: RecordedExchange): string {
  const isStatus = status !== 404 && headers['content-type']?.includes('json');
  if (!isStatus || title.startsWith('list') || title.includes('Pending')) return '';
  const { runtimeStatus, customStatus, result } = { ...JSON.parse(text || '{}') };
  return JSON.stringify({ runtimeStatus, customStatus, result });
}

/** A new instance may be Running before anyone can see it Pending. */
function withState(text: string, { title }: RecordedExchange): string {
  if (!title.includes('Pending')) return text;
  const { runtimeStatus: _, customStatus: __, ...rest } = JSON.parse(text);
  const { name, instanceId, ...others } = rest;
  const status = { runtimeStatus: 'Pending', input: others.input, customStatus: null };
  return JSON.stringify({ name, instanceId, ...status, ...others });
}

/** Waits until the instance that a request is about has begun, or has ended where it then had. */
async function untilReady(
  target: Target,
  { path: of, title, status }: RecordedExchange,
): Promise<void> {
  const id = /\/instances\/([^/?]+)|\/api\/(?:op|start)\/\w+\/([^/?]+)/.exec(of);
  const instance = id?.[1] ?? id?.[2];
  if (instance === undefined) return;
  const wantsEnd = status === 410 || title.startsWith('purge (') || / a? ?Completed/.test(title);
  const look = `/runtime/webhooks/durabletask/instances/${instance}?code=KEY`;
  await eventually(
    () => send(target, { title: 'look', method: 'GET', path: look, body: undefined }),
    (answer) =>
      answer.status === 404 ||
      (wantsEnd ? answer.status === 200 : !answer.text.includes('"runtimeStatus":"Pending"')),
  );
}

/** The headers that clients act upon. */
function headersOf({ headers, text }: { headers: Record<string, string>; text: string }) {
  const { location, ...others } = headers;
  return {
    type: others['content-type'],
    retryAfter: others['retry-after'],
    location: location && withoutMoments(location),
    hasToken: 'x-ms-continuation-token' in others,
    // The real host sends an app's own answers in chunks.
    isCounted: text === '' ? others['content-length'] === '0' : undefined,
  };
}

/** A page holds whatever instances there are; only its shape can be compared. */
function expectPage(answer: Answer, exchange: RecordedExchange): void {
  const shape = (text: string): unknown =>
    (JSON.parse(text) as { runtimeStatus: string }[]).map((row) => [
      Object.keys(row),
      row.runtimeStatus,
    ]);
  expect(shape(answer.text)).toEqual(shape(exchange.text));
  const length = Buffer.byteLength(answer.text);
  expect(answer.headers['content-length']).toBe(String(length));
}

/** What it says of the host, though not of the machine; there are no extension bundles here. */
function expectSameHost(answer: Answer, exchange: RecordedExchange): void {
  const { extensionBundle: _, ...recorded } = JSON.parse(exchange.text);
  const ours = JSON.parse(answer.text);
  expect(Object.keys(ours)).toEqual(Object.keys(recorded));
  const { id: __, processUptime: ___, ...same } = recorded;
  expect(ours).toMatchObject(same);
}

interface ListedFunction {
  name: string;
  config: { bindings: { type: string; route?: string; methods?: string[]; schedule?: string }[] };
}

/** Its functions by what triggers them; where the real host keeps their files is its own matter. */
function expectSameFunctions(answer: Answer, exchange: RecordedExchange): void {
  const recorded = (JSON.parse(exchange.text) as ListedFunction[]).map(({ name, config }) => {
    const trigger = config.bindings.find((each) => each.type.endsWith('Trigger'))!;
    const { type, route, methods, schedule } = trigger;
    const isHttp = type === 'httpTrigger';
    return { name, type, ...(isHttp && { route: `/api/${route ?? name}`, methods }), schedule };
  });
  expect(JSON.parse(answer.text)).toEqual(recorded);
}
