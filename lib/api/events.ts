import { Hono } from 'hono';
import { SluiceError } from '../errors.ts';
import { isRunId, sha256 } from '../plan/ids.ts';
import type { RunView } from '../plan/run-view.ts';
import { listActive } from '../store/runs.ts';
import { eventStream, type Look, type StreamEvent } from './event-stream.ts';
import { currentView, listRuns } from './list-runs.ts';
import { readQuery } from './read.ts';
import { eventsQuery } from './schemas.ts';

/** Runs that one stream follows at most, the newest ones. */
const MOST_FOLLOWED = 200;

/**
 * `GET /api/runs/{id}/events` and `GET /api/events`, as server-sent events: each is a run as it is once it has changed.
 * The stream of one run ends when that is over.
 */
export function eventRoutes(log: (error: unknown) => void): Hono {
  const routes = new Hono();
  routes.get('/runs/:id/events', async (c) => {
    const id = c.req.param('id');
    const run = isRunId(id) ? await currentView(id) : null;
    if (!run) throw new SluiceError('NotFound', `There is no run '${id}'.`);
    return eventStream(lookAtRun(id, c.req.header('last-event-id')), log);
  });
  routes.get('/events', (c) => {
    const { pipeline } = readQuery(eventsQuery, c.req.query());
    return eventStream(lookAtAll(pipeline, c.req.header('last-event-id')), log);
  });
  return routes;
}

/** The run, when it is not as the last event had it. */
function lookAtRun(id: string, lastId: string | undefined): () => Promise<Look> {
  let last = lastId;
  return async () => {
    const run = await currentView(id);
    if (!run) return { events: [], ended: true };
    const event = eventOf(run);
    const events = event.id === last ? [] : [event];
    last = event.id;
    return { events, ended: isOver(run) };
  };
}

/**
 * Runs under way, whenever one has changed, and once more when it is over. Who comes again is told of all that are
 * under way, and of those among the newest hundred that ended meanwhile.
 */
function lookAtAll(pipeline: string | undefined, lastId: string | undefined): () => Promise<Look> {
  const sent = new Map<string, string>();
  const going = new Set<string>();
  let missed = timeOf(lastId);
  return async () => {
    const runs = await runsToShow(pipeline, { followed: going, endedSince: missed });
    missed = null;
    const events: StreamEvent[] = [];
    for (const run of runs) {
      const event = eventOf(run);
      if (sent.get(run.id) !== event.id) events.push({ ...event, id: `${Date.now()}` });
      sent.set(run.id, event.id);
      if (isOver(run)) going.delete(run.id);
      else going.add(run.id);
    }
    return { events, ended: false };
  };
}

async function runsToShow(
  pipeline: string | undefined,
  { followed, endedSince }: { followed: Iterable<string>; endedSince: number | null },
): Promise<RunView[]> {
  const ids = new Set(followed);
  const active = (await listActive()).toSorted((a, b) => b.since - a.since);
  for (const { run } of active.slice(0, MOST_FOLLOWED)) ids.add(run);
  const views = await Promise.all([...ids].map((id) => currentView(id)));
  const runs = views.filter((view) => view !== null);
  if (endedSince !== null) {
    const { value } = await listRuns({});
    const fresh = ({ id, endedAt }: RunView): boolean =>
      endedAt !== null && Date.parse(endedAt) >= endedSince && !ids.has(id);
    runs.push(...value.filter(fresh));
  }
  return runs.filter((run) => pipeline === undefined || run.pipeline === pipeline);
}

/** The events of all runs are numbered by the time that they were sent. */
function timeOf(lastId: string | undefined): number | null {
  return lastId !== undefined && /^\d{13}$/.test(lastId) ? Number(lastId) : null;
}

/** The same run has the same id, so that nothing is sent twice. */
function eventOf(run: RunView): StreamEvent {
  return { id: sha256(JSON.stringify(run)).slice(0, 16), event: 'run', data: run };
}

function isOver({ status, phase }: RunView): boolean {
  return status !== 'Running' && phase === 'done';
}
