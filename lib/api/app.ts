import type { DurableClient } from 'durable-functions';
import { Hono } from 'hono';
import { blobUrl } from '../azure/sas.ts';
import { dropRoutes } from './drops.ts';
import { eventRoutes } from './events.ts';
import { openApi } from './openapi.ts';
import { pipelineRoutes } from './pipelines.ts';
import { planRoutes } from './plans.ts';
import { problem, problemOf } from './problem.ts';
import { runRoutes } from './runs.ts';
import { upkeepRoutes } from './upkeep.ts';

/** Version of the HTTP API and of the app; kept equal to package.json's by a test. */
export const VERSION = '0.1.0';

/** The HTTP API: a request in, a response out; `log` gets what the caller must not see. */
export function createApi(log: (error: unknown) => void, durable: DurableClient): Hono {
  const api = new Hono().basePath('/api');
  api.get('/', (c) =>
    c.json({ name: 'sluice', version: VERSION, storage: { blobEndpoint: blobEndpoint() } }),
  );
  api.route('/pipelines', pipelineRoutes(durable));
  api.route('/plans', planRoutes());
  api.route('/runs', runRoutes(durable));
  api.route('/drops', dropRoutes());
  api.route('/', eventRoutes(log));
  api.route('/', upkeepRoutes(durable));
  api.get('/openapi.json', (c) => c.json(openApi(VERSION)));
  api.notFound((c) =>
    problem(404, 'NotFound', `There is nothing at ${c.req.method} ${c.req.path}.`),
  );
  api.onError((error) => {
    log(error);
    return problemOf(error);
  });
  return api;
}

function blobEndpoint(): string {
  return blobUrl('').replace(/\/$/, '');
}
