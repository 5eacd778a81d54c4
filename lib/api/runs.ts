import type { DurableClient } from 'durable-functions';
import { Hono } from 'hono';
import { askForRun } from '../activities/ask.ts';
import { SluiceError } from '../errors.ts';
import { isRunId } from '../plan/ids.ts';
import type { RunView } from '../plan/run-view.ts';
import { readManifest } from '../store/runs.ts';
import { readAsk } from './ask.ts';
import { currentView, listRuns } from './list-runs.ts';
import { nextLink } from './next-link.ts';
import { readQuery } from './read.ts';
import { actionRoutes } from './run-actions.ts';
import { itemRoutes } from './run-items.ts';
import { logRoutes } from './run-logs.ts';
import { runsQuery } from './schemas.ts';

export type { RunView };

/** `GET` and `POST /api/runs`, `GET /api/runs/{id}`, its manifest and logs, and what can be done to a run. */
export function runRoutes(durable: DurableClient): Hono {
  const routes = new Hono();
  routes.get('/', async (c) => {
    const query = readQuery(runsQuery, c.req.query());
    const { value, next } = await listRuns(query);
    return c.json({ value, next: nextLink(c.req.url, next) });
  });
  routes.post('/', async (c) => {
    const key = c.req.header('idempotency-key') ?? null;
    const ask = readAsk(await c.req.text(), key);
    const { record, created } = await askForRun(ask, durable, new Date());
    c.header('location', `/api/runs/${record.id}`);
    return c.json(await view(record.id), created ? 201 : 200);
  });
  routes.get('/:id', async (c) => c.json(await view(c.req.param('id'))));
  routes.get('/:id/manifest', async (c) => {
    const { id, status } = await view(c.req.param('id'));
    const manifest = await readManifest(id);
    if (manifest !== null) return c.body(manifest, 200, { 'content-type': 'application/json' });
    throw new SluiceError(
      'NotFound',
      `Run ${id} is ${status} and has no manifest yet; it comes when the run ends.`,
    );
  });
  routes.route('/:id', actionRoutes(durable, view));
  routes.route('/:id/items', itemRoutes());
  routes.route('/:id/items', logRoutes());
  return routes;
}

async function view(id: string): Promise<RunView> {
  const found = isRunId(id) ? await currentView(id) : null;
  if (!found) throw new SluiceError('NotFound', `There is no run '${id}'.`);
  return found;
}
