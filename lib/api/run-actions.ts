import type { DurableClient } from 'durable-functions';
import { Hono } from 'hono';
import { z } from 'zod';
import { cancelRun } from '../activities/cancel.ts';
import { redriveRun } from '../activities/redrive.ts';
import { SluiceError } from '../errors.ts';
import { redriveSchema } from '../plan/redrive.ts';

const cancelSchema = z.strictObject({ reason: z.string().max(1000).default('') });

/** `POST /api/runs/{id}/cancel` and `/redrive`; both answer 202 with the run as `view` shows it. */
export function actionRoutes(
  durable: DurableClient,
  view: (id: string) => Promise<{ id: string }>,
): Hono {
  const routes = new Hono();
  routes.post('/cancel', async (c) => {
    const { id } = await view(c.req.param('id') ?? '');
    const { reason } = read(cancelSchema, await c.req.text(), '{ "reason": "wrong inputs" }');
    await cancelRun(id, reason, { client: durable, now: new Date() });
    return c.json(await view(id), 202);
  });
  routes.post('/redrive', async (c) => {
    const { id } = await view(c.req.param('id') ?? '');
    const choice = read(
      redriveSchema,
      await c.req.text(),
      '{ "items": [], "causes": ["Timeout"] }',
    );
    await redriveRun(id, choice, durable);
    return c.json(await view(id), 202);
  });
  return routes;
}

/** A body that may be left out. Throws `InvalidRequest`. */
function read<T>(schema: z.ZodType<T>, body: string, example: string): T {
  const expected = `The body must be empty or JSON such as ${example}`;
  const parsed = schema.safeParse(body.trim() === '' ? {} : json(body, expected));
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
  throw new SluiceError('InvalidRequest', `${expected}; ${faults.join('; ')}.`);
}

function json(body: string, expected: string): unknown {
  try {
    return JSON.parse(body);
  } catch (cause) {
    throw new SluiceError('InvalidRequest', `${expected}; this is not JSON.`, { cause });
  }
}
