import { readFileSync } from 'node:fs';
import type { DurableClient } from 'durable-functions';
import { expect, test } from 'vitest';
import { createApi, VERSION } from '../../../lib/api/app.ts';

/** Nothing that is asked here reaches the durable client. */
const api = () => createApi(() => {}, {} as DurableClient);

test('the API tells the version of the package', () => {
  const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
  expect(VERSION).toBe(version);
});

test.each([
  ['GET', '/api/nothing', 404, 'NotFound'],
  ['GET', '/api/runs/no-run-id', 404, 'NotFound'],
  ['GET', '/api/runs/..%2f..%2fpipelines', 404, 'NotFound'],
  ['GET', '/api/pipelines/Not_A_Name', 404, 'NotFound'],
])('%s %s is answered with a problem', async (method, path, status, code) => {
  const response = await api().request(path, { method });
  expect(response.status).toBe(status);
  expect(response.headers.get('content-type')).toBe('application/problem+json');
  expect(await response.json()).toMatchObject({ type: 'about:blank', status, code });
});

test('a file put under another name than its own is refused before anything is stored', async () => {
  const response = await api().request('/api/pipelines/left', {
    method: 'PUT',
    body: 'name: right\n',
  });
  expect(response.status).toBe(422);
  expect(await response.json()).toMatchObject({
    detail: expect.stringContaining("'right'") as string,
  });
});

test('a file that no pipeline could be is refused by its size', async () => {
  const body = '#'.repeat(300 * 1024);
  const response = await api().request('/api/pipelines/left', {
    method: 'PUT',
    body,
  });
  expect(response.status).toBe(413);
});
