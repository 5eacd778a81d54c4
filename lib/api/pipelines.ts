import type { DurableClient } from 'durable-functions';
import { Hono } from 'hono';
import { removePipeline, resumeRemoval } from '../activities/remove-pipeline.ts';
import { resume } from '../activities/resume.ts';
import { SluiceError } from '../errors.ts';
import { nextTime } from '../plan/schedule.ts';
import { listPaused, pause } from '../store/pauses.ts';
import {
  applyPipeline,
  getPipeline,
  listPipelines,
  type StoredPipeline,
} from '../store/pipelines.ts';
import { problem } from './problem.ts';
import { MAX_SOURCE_BYTES, pipelineName } from './schemas.ts';

/** `PUT`, `GET` and `DELETE /api/pipelines[/{name}]`, and its `/pause` and `/resume`. */
export function pipelineRoutes(durable: DurableClient): Hono {
  const routes = new Hono();
  routes.get('/', async (c) => {
    const [stored, paused] = await Promise.all([listPipelines(), listPaused()]);
    const now = Date.now();
    return c.json({ value: stored.map((each) => pipelineView(each, paused, now)) });
  });
  routes.get('/:name', async (c) => c.json(await show(await existing(c.req.param('name')))));
  routes.put('/:name', async (c) => putPipeline(c.req.param('name'), await c.req.text()));
  routes.delete('/:name', async (c) => {
    const wanted = c.req.param('name');
    if (!isName(wanted) || !(await resumeRemoval(wanted))) {
      await removePipeline((await existing(wanted)).name, new Date());
    }
    return c.body(null, 204);
  });
  routes.post('/:name/pause', async (c) => {
    const stored = await existing(c.req.param('name'));
    await pause(stored.name, new Date());
    return c.json(await show(stored));
  });
  routes.post('/:name/resume', async (c) => {
    const stored = await existing(c.req.param('name'));
    await resume(stored, durable, Date.now());
    return c.json(await show(stored));
  });
  return routes;
}

/** A pipeline as stored, and what holds or starts it. */
function pipelineView(stored: StoredPipeline, paused: ReadonlySet<string>, now: number) {
  const { schedule } = stored.pipeline.on;
  const next = schedule ? nextTime(schedule, now) : null;
  return {
    ...stored,
    paused: paused.has(stored.name),
    nextScheduled: next === null ? null : new Date(next).toISOString(),
  };
}

async function show(stored: StoredPipeline): Promise<ReturnType<typeof pipelineView>> {
  return pipelineView(stored, await listPaused(), Date.now());
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
  // What is left of one that was being deleted is none of the new one's.
  if (isName(name)) await resumeRemoval(name);
  const applied = await applyPipeline(source, `${name}.yaml`, new Date());
  if ('problems' in applied) {
    const detail = `The pipeline file has ${applied.problems.length} fault(s); nothing was changed.`;
    return problem(422, 'InvalidPipeline', detail, applied.problems);
  }
  return Response.json(await show(applied.stored), { status: applied.created ? 201 : 200 });
}

function isName(name: string): boolean {
  return pipelineName.safeParse(name).success;
}
