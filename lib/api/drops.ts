import { Hono } from 'hono';
import { SluiceError } from '../errors.ts';
import { listAside, listPending, type Row } from '../store/ledger.ts';
import { getPipeline } from '../store/pipelines.ts';

const LISTS: Record<string, (pipeline: string) => Promise<Row[]>> = {
  pending: listPending,
  'set aside': listAside,
};

/** `GET /api/drops?pipeline=…&state=…`: drops that wait, or that were set aside and why. */
export function dropRoutes(): Hono {
  const routes = new Hono();
  routes.get('/', async (c) => {
    const { pipeline = '', state = 'set aside' } = c.req.query();
    const list = LISTS[state];
    if (!list) {
      throw new SluiceError(
        'InvalidRequest',
        `'state' is ${JSON.stringify(state)}, but only 'pending' and 'set aside' can be listed; the others are in the runs' manifests.`,
      );
    }
    if (!/^[a-z][a-z0-9-]{0,31}$/.test(pipeline) || !(await getPipeline(pipeline))) {
      const message = `'pipeline' must name a pipeline, and there is none called '${pipeline}'.`;
      throw new SluiceError('NotFound', message);
    }
    return c.json({ value: await list(pipeline) });
  });
  return routes;
}
