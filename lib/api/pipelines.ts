import { Hono } from 'hono';
import { SluiceError } from '../errors.ts';
import {
  applyPipeline,
  getPipeline,
  listPipelines,
  type StoredPipeline,
} from '../store/pipelines.ts';
import { problem } from './problem.ts';

/** A pipeline file longer than this is a mistake. */
const MAX_SOURCE_BYTES = 256 * 1024;

/** `PUT` and `GET /api/pipelines[/{name}]`. */
export function pipelineRoutes(): Hono {
  const routes = new Hono();
  routes.get('/', async (c) => c.json({ value: await listPipelines() }));
  routes.get('/:name', async (c) => c.json(await existing(c.req.param('name'))));
  routes.put('/:name', async (c) => putPipeline(c.req.param('name'), await c.req.text()));
  return routes;
}

async function existing(name: string): Promise<StoredPipeline> {
  const stored = isName(name) ? await getPipeline(name) : null;
  if (stored) return stored;
  throw new SluiceError(
    'NotFound',
    `There is no pipeline '${name}'; PUT it first, or run 'sluice apply FILE'.`,
  );
}

async function putPipeline(name: string, source: string): Promise<Response> {
  if (Buffer.byteLength(source) > MAX_SOURCE_BYTES) {
    return problem(
      413,
      'InvalidPipeline',
      `A pipeline file has at most ${MAX_SOURCE_BYTES} bytes.`,
    );
  }
  const declared = /^name:[ \t]*["']?([^\s"'#]+)/m.exec(source)?.[1];
  if (declared !== undefined && declared !== name) {
    const detail = `The file's name is '${declared}' but it was put at '${name}'; they must be the same.`;
    return problem(422, 'InvalidPipeline', detail);
  }
  const applied = await applyPipeline(source, `${name}.yaml`, new Date());
  if ('problems' in applied) {
    const detail = `The pipeline file has ${applied.problems.length} fault(s); nothing was changed.`;
    return problem(422, 'InvalidPipeline', detail, applied.problems);
  }
  return Response.json(applied.stored, { status: applied.created ? 201 : 200 });
}

function isName(name: string): boolean {
  return /^[a-z][a-z0-9-]{0,31}$/.test(name);
}
