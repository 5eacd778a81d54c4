import { Hono } from 'hono';
import { z } from 'zod';
import { type PlanAsk, previewRun } from '../activities/preview.ts';
import { messageOf, SluiceError } from '../errors.ts';
import { parsePipeline, type Problem } from '../plan/parse-pipeline.ts';
import type { Pipeline } from '../plan/pipeline-schema.ts';
import { getPipeline } from '../store/pipelines.ts';
import { problem } from './problem.ts';
import { pipelineName, planSchema } from './schemas.ts';

/** `POST /api/plans`. */
export function planRoutes(): Hono {
  const routes = new Hono();
  routes.post('/', async (c) => {
    const { pipeline: name, source, ...asked } = readPlanAsk(await c.req.text());
    const read = source === undefined ? await stored(name ?? '') : parsePipeline(source, 'source');
    if (read.problems) return notValid(read.problems);
    const ask: PlanAsk = { params: {}, inputs: null, ...asked, pipeline: read.pipeline };
    return c.json(await previewRun(ask, Date.now()));
  });
  return routes;
}

function readPlanAsk(body: string): z.output<typeof planSchema> {
  const expected =
    'The body must be JSON such as { "pipeline": "log-rollup" } or { "source": "name: log-rollup …" }, with params and inputs as for a run';
  try {
    const ask = planSchema.parse(JSON.parse(body));
    if ((ask.pipeline === undefined) !== (ask.source === undefined)) return ask;
  } catch (cause) {
    const reason = cause instanceof z.ZodError ? z.prettifyError(cause) : messageOf(cause);
    throw new SluiceError('InvalidRequest', `${expected}. ${reason}`, { cause });
  }
  throw new SluiceError('InvalidRequest', `${expected}. Give one of pipeline and source.`);
}

async function stored(name: string): Promise<{ pipeline: Pipeline; problems?: undefined }> {
  const found = pipelineName.safeParse(name).success ? await getPipeline(name) : null;
  if (found) return { pipeline: found.pipeline };
  throw new SluiceError('NotFound', `There is no pipeline '${name}'; send its file as 'source'.`);
}

function notValid(problems: Problem[]): Response {
  const detail = `The pipeline file has ${problems.length} fault(s).`;
  return problem(422, 'InvalidPipeline', detail, problems);
}
