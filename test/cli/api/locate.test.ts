import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { apiBase, connect } from '../../../cli/api/locate.ts';
import { CliError } from '../../../cli/errors.ts';
import { startStubApi } from './stub-api.ts';

test.each([
  ['http://127.0.0.1:7071/api', 'http://127.0.0.1:7071/api'],
  ['http://127.0.0.1:7071', 'http://127.0.0.1:7071/api'],
  ['https://me.azurewebsites.net/', 'https://me.azurewebsites.net/api'],
  ['https://me.azurewebsites.net/api/', 'https://me.azurewebsites.net/api'],
  ['http://gateway/sluice', 'http://gateway/sluice'],
])('%s means the API at %s', (text, base) => {
  expect(apiBase(text, '--url')).toBe(base);
});

test.each(['localhost:7071', 'ftp://x/', 'nonsense'])('%s is refused as an address', (text) => {
  expect(() => apiBase(text, '--url')).toThrow(`--url is not an http address: ${text}`);
});

describe('the API', () => {
  let dataDir: string;
  beforeEach(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'sluice-locate-'));
    const urls = { api: 'http://127.0.0.1:1/api' };
    await writeFile(join(dataDir, 'stack.json'), JSON.stringify({ urls }));
  });
  afterEach(() => rm(dataDir, { recursive: true }));

  test.each([
    [
      '--url before anything',
      { url: 'http://a/api' },
      { SLUICE_URL: 'http://b/api' },
      'http://a/api',
    ],
    ['SLUICE_URL before the stack', {}, { SLUICE_URL: 'http://b/api' }, 'http://b/api'],
    ['the stack that runs on the data folder', {}, { SLUICE_URL: '' }, 'http://127.0.0.1:1/api'],
  ])('is found by %s', async (_title, target, env, base) => {
    expect((await connect({ dataDir, ...target }, env)).base).toBe(base);
  });

  test('is said to be missing, with what to type, when no stack runs', async () => {
    const error = await connect({ dataDir: join(dataDir, 'none') }, {}).catch(
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(CliError);
    expect(error).toMatchObject({ exitCode: 2, next: expect.stringContaining('npm start') });
  });

  test.each(['', '{"urls":{}}', 'null'])(
    'is said to be unreadable when stack.json holds %j',
    async (text) => {
      await writeFile(join(dataDir, 'stack.json'), text);
      await expect(connect({ dataDir }, {})).rejects.toThrow(
        /stack\.json does not say where the API is/,
      );
    },
  );

  test('is said to be gone when stack.json was left behind', async () => {
    const ended = await startStubApi({});
    await ended.close();
    await writeFile(join(dataDir, 'stack.json'), JSON.stringify({ urls: { api: ended.url } }));
    const api = await connect({ dataDir }, {});
    await expect(api.get('/runs')).rejects.toMatchObject({
      message: `No answer from ${ended.url}/runs: nothing listens there.`,
      next: expect.stringContaining('npm start'),
    });
  });
});
