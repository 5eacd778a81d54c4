import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { PACKAGE_ROOT } from '../../cli/package-root.ts';
import {
  type RunningHost,
  startHost,
  temporaryDirectory,
} from '../local/host/support/running-host.ts';

const data = temporaryDirectory();
let host: RunningHost;

beforeAll(async () => {
  host = await startHost({
    app: PACKAGE_ROOT,
    dataDir: data.path,
    args: ['--auth', '--functions', 'functions/*.ts'],
    // Nothing listens there; what is asked for here needs neither.
    env: {
      SLUICE_STORAGE_URL: 'http://127.0.0.1:1/account',
      SLUICE_BATCH_URL: 'http://127.0.0.1:1',
    },
  });
});
afterAll(async () => {
  await host.kill('SIGKILL');
  data.remove();
});

interface Keys {
  functionKeys: { default: string };
  functions: Record<string, { default: string }>;
}

/** Asks the API with a key in the header, or in the query. */
async function statusOf(path: string, key: string, where: 'header' | 'query'): Promise<number> {
  const url = `${host.url}${path}${where === 'query' ? `?code=${encodeURIComponent(key)}` : ''}`;
  const headers: Record<string, string> = where === 'header' ? { 'x-functions-key': key } : {};
  return (await fetch(url, { headers })).status;
}

test('where keys are asked for, the API answers nobody who has none', async () => {
  for (const path of ['/api', '/api/openapi.json', '/api/runs', '/api/events', '/api/nothing']) {
    expect((await fetch(`${host.url}${path}`)).status).toBe(401);
    expect(await statusOf(path, 'wrong', 'header')).toBe(401);
  }
});

test.each(['header', 'query'] as const)(
  'a key of the function or of the host opens it, in the %s',
  async (where) => {
    const keys = JSON.parse(readFileSync(join(data.path, 'keys.json'), 'utf8')) as Keys;
    for (const key of [keys.functions['api']!.default, keys.functionKeys.default]) {
      expect(await statusOf('/api', key, where)).toBe(200);
      expect(await statusOf('/api/nothing', key, where)).toBe(404);
    }
  },
);
