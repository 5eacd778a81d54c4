import type { DurableClient } from 'durable-functions';
import { Hono } from 'hono';
import { cancelRun } from '../activities/cancel.ts';
import { redriveRun } from '../activities/redrive.ts';
import { redriveSchema } from '../plan/redrive.ts';
import { readBody } from './read.ts';
import { cancelSchema } from './schemas.ts';

/** `POST /api/runs/{id}/cancel` and `/redrive`; both answer 202 with the run as `view` shows it. */
export function actionRoutes(
  durable: DurableClient,
  view: (id: string) => Promise<{ id: string }>,
): Hono {
  const routes = new Hono();
  routes.post('/cancel', async (c) => {
    const { id } = await view(c.req.param('id') ?? '');
    const { reason } = readBody(cancelSchema, await c.req.text(), '{ "reason": "wrong inputs" }');
    await cancelRun(id, reason, { client: durable, now: new Date() });
    return c.json(await view(id), 202);
  });
  routes.post('/redrive', async (c) => {
    const { id } = await view(c.req.param('id') ?? '');
    const choice = readBody(
      redriveSchema,
      await c.req.text(),
      '{ "items": [], "causes": ["Timeout"] }',
    );
    await redriveRun(id, choice, durable);
    return c.json(await view(id), 202);
  });
  return routes;
}
