import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  eventually,
  startHost,
  temporaryDirectory,
  type RunningHost,
  type Status,
} from '../support/running-host.ts';

interface KeyFile {
  masterKey: string;
  functionKeys: { default: string };
  systemKeys: { durabletask_extension: string; eventgrid_extension: string };
  functions: Record<string, { default: string }>;
}

const data = temporaryDirectory();
let host: RunningHost;
let keys: KeyFile;
const begin = () => startHost({ app: 'keyed', dataDir: data.path, args: ['--auth'] });
const readKeys = () => JSON.parse(readFileSync(join(data.path, 'keys.json'), 'utf8')) as KeyFile;
beforeAll(async () => {
  host = await begin();
  keys = readKeys();
});
afterAll(async () => {
  await host.kill('SIGTERM');
  data.remove();
});

const eventGrid = 'runtime/webhooks/eventgrid?functionName=onEvent';
const instances = 'runtime/webhooks/durabletask/instances';
const keyOf: Record<string, (file: KeyFile) => string> = {
  none: () => '',
  wrong: () => 'nope',
  own: (file) => file.functions['keyed']!.default,
  another: (file) => file.functions['other']!.default,
  host: (file) => file.functionKeys.default,
  master: (file) => file.masterKey,
  durable: (file) => file.systemKeys.durabletask_extension,
  eventGrid: (file) => file.systemKeys.eventgrid_extension,
};

describe('a request', () => {
  it.each([
    ['api/open', 'none', 200],
    ['api/open', 'wrong', 200],
    ['api/keyed', 'none', 401],
    ['api/keyed', 'wrong', 401],
    ['api/keyed', 'another', 401],
    ['api/keyed', 'durable', 401],
    ['api/keyed', 'own', 200],
    ['api/keyed', 'host', 200],
    ['api/keyed', 'master', 200],
    ['api/admins', 'host', 401],
    ['api/admins', 'master', 200],
    ['api/none', 'none', 404],
    ['admin/host/status', 'host', 401],
    ['admin/host/status', 'master', 200],
    [instances, 'none', 401],
    [instances, 'eventGrid', 401],
    [instances, 'durable', 200],
    [instances, 'master', 200],
    [eventGrid, 'host', 401],
    [eventGrid, 'eventGrid', 202],
    [eventGrid, 'master', 202],
  ])(
    'to %s with the key "%s" gives %i, in the query or as a header',
    async (path, name, status) => {
      const key = keyOf[name]!(keys);
      const url = new URL(`${host.url}/${path}`);
      const isEvent = path === eventGrid;
      const init = isEvent ? { method: 'POST', headers: { 'aeg-event-type': 'Unsubscribe' } } : {};
      const header = key ? { 'x-functions-key': key } : undefined;
      const byHeader = await fetch(url, { ...init, headers: { ...init.headers, ...header } });
      if (key) url.searchParams.set('code', key);
      const byQuery = await fetch(url, init);
      expect([byHeader.status, byQuery.status]).toEqual([status, status]);
      if (status === 401) expect(await byQuery.text()).toBe('');
    },
  );

  it('to the links of an orchestration needs no other key: they carry it', async () => {
    const started = await fetch(`${host.url}/api/start?code=${keyOf['own']!(keys)}`, {
      headers: { 'x-functions-key': keys.functionKeys.default },
    });
    expect(started.status).toBe(202);
    const { statusQueryGetUri } = (await started.json()) as { statusQueryGetUri: string };
    expect(statusQueryGetUri).toContain(`code=${keys.systemKeys.durabletask_extension}`);
    const { output } = await eventually(
      async () => (await (await fetch(statusQueryGetUri)).json()) as Status,
      ({ runtimeStatus }) => runtimeStatus === 'Completed',
    );
    expect(output).toBe('done');
  });
});

describe('the keys', () => {
  it('stay the same after a restart, and only their owner can read them', async () => {
    await host.kill('SIGTERM');
    host = await begin();
    expect(readKeys()).toEqual(keys);
    expect(statSync(join(data.path, 'keys.json')).mode & 0o777).toBe(0o600);
  });

  it('are long and all different', () => {
    const all = [
      keys.masterKey,
      keys.functionKeys.default,
      ...Object.values(keys.systemKeys),
      ...Object.values(keys.functions).map((each) => each.default),
    ];
    expect(new Set(all).size).toBe(all.length);
    for (const key of all) expect(key.length).toBeGreaterThan(50);
  });
});
