import { readBody, sendEmpty, sendJson, type Exchange } from '../../http/exchange.ts';
import { toEntityId } from '../entities/entity-id.ts';
import type { EntityState } from '../store/entities.ts';
import type { DurableApi } from './endpoints.ts';
import { defaultPage, fromToken, timeOf, tokenHeader } from './paging.ts';

/** `GET entities[/{name}]`, and `GET`, `POST`, `DELETE entities/{name}/{key}`. */
export async function serveEntities(
  api: DurableApi,
  exchange: Exchange,
  path: string[],
): Promise<void> {
  const [name, key = '', ...more] = path;
  const method = exchange.request.method ?? '';
  const isSignal = method === 'POST' || method === 'DELETE';
  if (more.length > 0) return sendEmpty(exchange.response, 404);
  // The empty key stands for itself in a signal, and as `$` where a state is read.
  if (isSignal && name) return signal(api, exchange, { name, key });
  if (method !== 'GET') return sendEmpty(exchange.response, 404);
  if (!name || !key) return listEntities(api, exchange, name);
  getEntity(api, exchange, { name, key: key === '$' ? '' : key });
}

interface Target {
  name: string;
  key: string;
}

function getEntity({ engine }: DurableApi, { response }: Exchange, target: Target): void {
  const entity = engine.getEntity(target);
  if (!entity) return sendEmpty(response, 404);
  sendJson(response, 200, stateOf(entity));
}

function stateOf({ state }: EntityState): unknown {
  return state === null ? null : JSON.parse(state);
}

function listEntities(
  { engine }: DurableApi,
  { request, response, url }: Exchange,
  name: string | undefined,
): void {
  const query = url.searchParams;
  const limit = Number(query.get('top')) || defaultPage;
  const found = engine.listEntities({
    prefix: name && `@${name.toLowerCase()}@`,
    from: timeOf(query.get('lastOperationTimeFrom')),
    to: timeOf(query.get('lastOperationTimeTo')),
    after: fromToken(request.headers['x-ms-continuation-token']),
    limit: limit + 1,
  });
  const page = found.slice(0, limit);
  const withState = query.get('fetchState')?.toLowerCase() === 'true';
  const body = page.map((entity) => ({
    entityId: toEntityId(entity.id),
    lastOperationTime: new Date(entity.lastOperationAt).toISOString(),
    state: withState ? stateOf(entity) : null,
  }));
  sendJson(response, 200, body, tokenHeader(found.length > limit ? page.at(-1)?.id : undefined));
}

async function signal(api: DurableApi, exchange: Exchange, target: Target): Promise<void> {
  const { request, response, url } = exchange;
  const operation = request.method === 'DELETE' ? 'delete' : (url.searchParams.get('op') ?? '');
  const input = await readInput(exchange);
  if (input === undefined) return;
  const refusal = await api.engine.signalEntity(target, operation, input);
  if (refusal === undefined) sendEmpty(response, 202);
  else sendJson(response, 400, { Message: refusal });
}

/** A JSON text, null for no input, or undefined when it was answered with a 400. */
async function readInput({ request, response }: Exchange): Promise<string | null | undefined> {
  const text = (await readBody(request)).toString('utf8');
  if (text === '') return null;
  const isJson = /^application\/json\b/i.test(request.headers['content-type'] ?? '');
  // What is no JSON reaches the entity as a string.
  if (!isJson) return JSON.stringify(text);
  try {
    return JSON.stringify(JSON.parse(text));
  } catch (error) {
    const Message = `Could not parse JSON content: ${String(error)}`;
    sendJson(response, 400, { Message });
    return undefined;
  }
}
