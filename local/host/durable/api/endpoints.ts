import { sendEmpty, type Exchange } from '../../http/exchange.ts';
import type { Handler } from '../../http/server.ts';
import type { Engine } from '../engine/engine.ts';
import { changeInstance, raiseEvent } from './change.ts';
import { listInstances } from './list.ts';
import { serveEntities } from './entities.ts';
import { purgeMany, purgeOne } from './purge.ts';
import { restartInstance, rewindInstance } from './restart.ts';
import { startOrchestration } from './start.ts';
import { getStatus } from './status.ts';

/** What the durable endpoints serve. */
export interface DurableApi {
  engine: Engine;
  hubName: string;
}

/** Serves `/runtime/webhooks/durabletask/…`, for clients and for the SDK's own calls alike. */
export function durableEndpoints(api: DurableApi): Handler {
  return async (exchange) => {
    const [runtime, webhooks, durable, ...path] = exchange.path;
    const root = [runtime, webhooks, durable].join('/').toLowerCase();
    if (root !== 'runtime/webhooks/durabletask') return false;
    const [collection = '', ...rest] = path;
    const serve = collections[collection.toLowerCase()];
    if (!serve) return false;
    await serve(api, exchange, rest);
    return true;
  };
}

type Serve = (api: DurableApi, exchange: Exchange, path: string[]) => void | Promise<void>;

const collections: Record<string, Serve> = {
  orchestrators: serveOrchestrators,
  instances: serveInstances,
  entities: serveEntities,
};

async function serveOrchestrators(
  api: DurableApi,
  exchange: Exchange,
  path: string[],
): Promise<void> {
  const [name, instanceId, ...more] = path;
  if (exchange.request.method !== 'POST' || !name || more.length > 0) {
    return sendEmpty(exchange.response, 404);
  }
  await startOrchestration(api, exchange, { name, instanceId });
}

async function serveInstances(api: DurableApi, exchange: Exchange, path: string[]): Promise<void> {
  const [instanceId, operation, ...rest] = path;
  const { request, response } = exchange;
  if (!instanceId) {
    if (request.method === 'GET') return listInstances(api, exchange);
    if (request.method === 'DELETE') return purgeMany(api, exchange);
  } else if (!operation) {
    if (request.method === 'GET') return getStatus(api, exchange, instanceId);
    if (request.method === 'DELETE') return purgeOne(api, exchange, instanceId);
  } else if (request.method === 'POST') {
    return operate(api, exchange, { instanceId, operation: operation.toLowerCase(), rest });
  }
  sendEmpty(response, 404);
}

async function operate(
  api: DurableApi,
  exchange: Exchange,
  { instanceId, operation, rest }: { instanceId: string; operation: string; rest: string[] },
): Promise<void> {
  switch (operation) {
    case 'raiseevent':
      return raiseEvent(api, exchange, { instanceId, name: rest.join('/') });
    case 'terminate':
    case 'suspend':
    case 'resume':
      return changeInstance(api, exchange, { instanceId, operation });
    case 'rewind':
      return rewindInstance(api, exchange, instanceId);
    case 'restart':
      return restartInstance(api, exchange, instanceId);
    default:
      return sendEmpty(exchange.response, 404);
  }
}
