import { expect } from 'vitest';
import { z } from 'zod';
import { openApi } from '../../../lib/api/openapi.ts';

type Json = Record<string, unknown>;
interface Document {
  paths: Record<string, Record<string, { responses: Record<string, { content?: Content }> }>>;
  components: { schemas: Json };
}
type Content = Record<string, { schema: Json }>;

const document = openApi('0') as unknown as Document;

/** Asks the API, and fails when the answer is not one that the OpenAPI document has for that operation. */
export async function ask(
  api: string,
  method: string,
  path: string,
  init: RequestInit = {},
): Promise<Response> {
  const response = await fetch(`${api}${path}`, { redirect: 'manual', ...init, method });
  await check(method, path, response.clone());
  return response;
}

/** The JSON that the API answers with, which must be a success. */
export async function askJson<T>(
  api: string,
  method: string,
  path: string,
  body?: object,
): Promise<T> {
  const init = body === undefined ? {} : { body: JSON.stringify(body) };
  const response = await ask(api, method, path, init);
  const text = await response.text();
  expect(response.status, `${method} ${path}: ${text}`).toBeLessThan(300);
  return JSON.parse(text) as T;
}

/** Fails unless the document has such an answer to that operation. */
export async function check(method: string, path: string, response: Response): Promise<void> {
  const what = `${method} ${path}: ${response.status}`;
  const answer = operationAt(method, path).responses[response.status];
  expect(answer, `${what} is in the OpenAPI document`).toBeDefined();
  if (!answer?.content) return;
  const type = (response.headers.get('content-type') ?? '').split(';')[0] ?? '';
  const content = answer.content[type];
  expect(content, `${what} with the type '${type}' is in the OpenAPI document`).toBeDefined();
  if (!type.endsWith('json') || !content) return;
  const text = await response.text();
  const parsed = zodOf(content.schema).safeParse(JSON.parse(text));
  expect(
    parsed.error && `${what}: ${z.prettifyError(parsed.error)} in ${text.slice(0, 2000)}`,
  ).toBe(undefined);
}

function operationAt(method: string, path: string) {
  const plain = path.replace(/\?.*$/s, '');
  for (const [template, operations] of Object.entries(document.paths)) {
    const pattern = new RegExp(`^${template.replaceAll(/\{\w+\}/g, '[^/]+')}$`);
    const operation = operations[method.toLowerCase()];
    // A path without parameters is preferred, as by the router, since it stands first or is the only one.
    if (operation && pattern.test(plain)) return operation;
  }
  throw new Error(`${method} ${path} is not in the OpenAPI document`);
}

/** The document's own schema, with what it refers to, as something that can check a value. */
function zodOf(schema: Json): z.ZodType {
  const text = JSON.stringify({ ...schema, $defs: document.components.schemas });
  return z.fromJSONSchema(
    JSON.parse(text.replaceAll('#/components/schemas/', '#/$defs/')) as Parameters<
      typeof z.fromJSONSchema
    >[0],
  );
}
