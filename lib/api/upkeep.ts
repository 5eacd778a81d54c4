import type { DurableClient } from 'durable-functions';
import { Hono } from 'hono';
import { collectGarbage, findGarbage } from '../activities/gc.ts';
import { reconcile } from '../activities/reconcile.ts';
import { tick } from '../activities/schedule.ts';
import { sweep } from '../activities/sweep.ts';
import { readBody } from './read.ts';
import { tickSchema } from './schemas.ts';

/** `GET` and `POST /api/gc`: what nobody needs any more, and its removal; `POST /api/sweep`, `/tick` and `/reconcile`: what timers do anyway. */
export function upkeepRoutes(durable: DurableClient): Hono {
  const routes = new Hono();
  routes.get('/gc', async (c) => c.json({ value: await findGarbage(Date.now()), more: false }));
  routes.post('/gc', async (c) => {
    const { garbage, more } = await collectGarbage(durable, Date.now());
    return c.json({ value: garbage, more });
  });
  routes.post('/reconcile', async (c) => c.json({ value: await reconcile(durable, Date.now()) }));
  routes.post('/tick', async (c) => {
    const body = readBody(tickSchema, await c.req.text(), '{ "now": "2026-11-25T02:00:00Z" }');
    const now = body.now === undefined ? Date.now() : Date.parse(body.now);
    return c.json({ value: await tick(durable, now) });
  });
  routes.post('/sweep', async (c) => {
    const done: string[] = [];
    await sweep(durable, (message) => done.push(message));
    return c.json({ value: done });
  });
  return routes;
}
