import type { DurableClient } from 'durable-functions';
import { Hono } from 'hono';
import { z } from 'zod';
import { type Ask, askForRun } from '../activities/ask.ts';
import { messageOf, SluiceError } from '../errors.ts';
import { isRunId } from '../plan/ids.ts';
import type { Phase, Progress, RunRecord } from '../plan/run.ts';
import type { FailureGroup } from '../plan/signature.ts';
import { getProgress, getRun, listRuns, readManifest } from '../store/runs.ts';
import { actionRoutes } from './run-actions.ts';
import { logRoutes } from './run-logs.ts';

/** Runs that a listing shows. */
const PAGE = 100;

/** A run as `GET /api/runs/{id}` shows it. */
export interface RunView {
  id: string;
  pipeline: string;
  status: RunRecord['status'];
  phase: Phase;
  trigger: { kind: string };
  startedAt: string;
  endedAt: string | null;
  waiting: Progress['waiting'];
  error: RunRecord['error'];
  /** 1, and one more with each redrive. */
  generation: number;
  /** When and why it was asked to stop; null when it was not. */
  cancel: RunRecord['cancel'];
  /** The failures of a run that has ended, the largest group first. */
  failures: FailureGroup[];
  counts: Record<string, unknown>;
}

/** What asks for a run; names are of blobs in the container that the pipeline watches. */
const askSchema = z.strictObject({
  pipeline: z.string(),
  inputs: z.array(z.string().min(1).max(1024)).min(1).max(10_000),
});

/** `GET` and `POST /api/runs`, `GET /api/runs/{id}`, its manifest and logs, and what can be done to a run. */
export function runRoutes(durable: DurableClient): Hono {
  const routes = new Hono();
  routes.get('/', async (c) => {
    const pipeline = c.req.query('pipeline');
    const ids = await listRuns(pipeline, PAGE);
    const views = await Promise.all(ids.map((id) => viewOrNull(id)));
    return c.json({ value: views.filter((view) => view !== null) });
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
  routes.route('/:id/items', logRoutes());
  return routes;
}

function readAsk(body: string, key: string | null): Ask {
  const expected =
    'The body must be JSON such as { "pipeline": "log-rollup", "inputs": ["logs/a.gz"] }, with 1 to 10,000 inputs';
  if (key !== null && !/^[\x21-\x7e]{1,255}$/.test(key)) {
    const message = 'Idempotency-Key must be 1 to 255 visible ASCII characters.';
    throw new SluiceError('InvalidRequest', message);
  }
  try {
    return { ...askSchema.parse(JSON.parse(body)), key };
  } catch (cause) {
    const reason = cause instanceof z.ZodError ? z.prettifyError(cause) : messageOf(cause);
    throw new SluiceError('InvalidRequest', `${expected}. ${reason}`, { cause });
  }
}

async function view(id: string): Promise<RunView> {
  if (!isRunId(id)) throw new SluiceError('NotFound', `There is no run '${id}'.`);
  const [record, progress] = await Promise.all([getRun(id), getProgress(id)]);
  return {
    id: record.id,
    pipeline: record.pipeline,
    status: record.status,
    phase: progress?.phase ?? 'plan',
    trigger: record.trigger,
    startedAt: record.startedAt,
    endedAt: record.endedAt,
    waiting: progress?.waiting ?? null,
    error: record.error,
    generation: record.generation,
    cancel: record.cancel,
    failures: progress?.failures ?? [],
    counts: counts(progress),
  };
}

/** A run that is indexed but whose record is not there yet is not shown yet. */
async function viewOrNull(id: string): Promise<RunView | null> {
  try {
    return await view(id);
  } catch (error) {
    if (error instanceof SluiceError && error.code === 'NotFound') return null;
    throw error;
  }
}

/** Items are null until the plan knows how many there are. */
function counts(progress: Progress | null): Record<string, unknown> {
  const unknown = { items: null, waiting: null, running: null, succeeded: null, failed: null };
  const { active = 0, running = 0, completed = 0 } = progress?.tasks ?? {};
  return { ...(progress?.items ?? unknown), tasks: { active, running, completed } };
}
