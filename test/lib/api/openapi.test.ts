import type { DurableClient } from 'durable-functions';
import { expect, test } from 'vitest';
import { createApi, VERSION } from '../../../lib/api/app.ts';
import { openApi } from '../../../lib/api/openapi.ts';
import { OPERATIONS } from '../../../lib/api/operations/table.ts';
import { check } from './checked.ts';

const api = () => createApi(() => {}, {} as DurableClient);

/** Method and path of every route, parameters written as in OpenAPI. */
function routes(): string[] {
  const found = api().routes.map(({ method, path }) => {
    const below = path.replace(/^\/api/, '').replaceAll(/:(\w+)/g, '{$1}') || '/';
    return `${method} ${below}`;
  });
  return [...new Set(found)].toSorted();
}

test('every route is in the OpenAPI document, and every operation of that is served', () => {
  const operations = OPERATIONS.map(({ method, path }) => `${method.toUpperCase()} ${path}`);
  expect(operations.toSorted()).toEqual(routes());
});

test('no operation stands in the table twice, and each says what it is for', () => {
  expect(new Set(OPERATIONS.map(({ id }) => id)).size).toBe(OPERATIONS.length);
  const faulty = OPERATIONS.filter(
    ({ summary, answers }) => !/^[A-Z].{10,}\.$/.test(summary) || Object.keys(answers).length === 0,
  );
  expect(faulty).toEqual([]);
});

test('the API serves the document, whose references all lead somewhere', async () => {
  const response = await api().request('/api/openapi.json');
  const served = (await response.json()) as {
    openapi: string;
    components: { schemas: Record<string, unknown> };
  };
  expect(served).toEqual(JSON.parse(JSON.stringify(openApi(VERSION))));
  expect(served.openapi).toBe('3.1.0');
  const references = [...JSON.stringify(served).matchAll(/"\$ref":"([^"]+)"/g)].map(([, to]) => to);
  expect(references.length).toBeGreaterThan(20);
  const known = Object.keys(served.components.schemas).map((id) => `#/components/schemas/${id}`);
  expect(known).toEqual(expect.arrayContaining([...new Set(references)]));
});

test.each([
  ['/api/runs?top=0', "'top' must be a whole number from 1 to 1000"],
  ['/api/runs?top=ten', "'top' must be a whole number from 1 to 1000"],
  ['/api/runs?status=failed', "'status' must be one of Running, Succeeded"],
  ['/api/runs?since=yesterday', "'since' must be a time such as"],
  ['/api/runs?pipeline=No!', "'pipeline' must be the name of a pipeline"],
  ['/api/runs?sort=asc', "there is no 'sort' here"],
  ['/api/runs?after=xx', "'after' must be what the 'next'"],
  ['/api/events?pipelines=a', "there is no 'pipelines' here"],
])('GET %s is refused with what would fit', async (path, words) => {
  const response = await api().request(path);
  expect(response.status).toBe(400);
  expect(await response.json()).toMatchObject({
    code: 'InvalidRequest',
    detail: expect.stringContaining(words) as string,
  });
});

const page = (value: unknown[]): Response => Response.json({ value, next: null });

test.each([
  ['of a status that it does not have', 'GET', '/runs', new Response('', { status: 418 })],
  ['of another type', 'GET', '/runs', new Response('none')],
  ['that lacks a field', 'GET', '/runs', Response.json({ value: [] })],
  ['with a run that is none', 'GET', '/runs?top=1', page([{ id: 'x' }])],
  ['of an operation that it does not have', 'PUT', '/runs', page([])],
])('tests refuse an answer %s', async (_, ...answer) => {
  const [method, path, response] = answer as [string, string, Response];
  await expect(check(method, path, response)).rejects.toThrow(path);
  await check('GET', '/runs', page([]));
});
