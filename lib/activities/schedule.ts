import { randomBytes } from 'node:crypto';
import type { DurableClient } from 'durable-functions';
import { messageOf, SluiceError } from '../errors.ts';
import { takesTurns } from '../plan/fields/concurrency.ts';
import { runId } from '../plan/ids.ts';
import { dueTimes, MOST_CAUGHT_UP } from '../plan/schedule.ts';
import { closeWindow } from '../plan/window.ts';
import { closeClaim, openClaim } from '../store/claims.ts';
import { type Key, takeKey } from '../store/keys.ts';
import { listPending, type SeenRow, supersede } from '../store/ledger.ts';
import { pauseOf } from '../store/pauses.ts';
import { listPipelines, type StoredPipeline } from '../store/pipelines.ts';
import { findRun } from '../store/runs.ts';
import { scheduledUpTo, setScheduledUpTo } from '../store/schedules.ts';
import { runningRun } from '../store/turns.ts';
import { carryOut, makeRun } from './collect.ts';
import { startRun } from './durable.ts';
import { inTurn } from './turns.ts';

/** Something that a tick did for a pipeline, or why it did not; `runs` are those that a time stands for. */
export interface Ticked {
  pipeline: string;
  /** ISO 8601; null when it is about no time in particular. */
  scheduledFor: string | null;
  runs: string[];
  /** In words that end a sentence. */
  note: string;
}

/** Milliseconds since 1970, and who starts runs. */
interface Tick {
  client: DurableClient;
  now: number;
}

/**
 * Starts what the pipelines' schedules have come to by `now`, in milliseconds since 1970. A time is a key, so that a
 * tick that runs twice, or is cut off and runs again, starts each run once.
 */
export async function tick(client: DurableClient, now: number): Promise<Ticked[]> {
  const done: Ticked[] = [];
  for (const stored of await listPipelines()) {
    try {
      done.push(...(await tickPipeline(stored, { client, now })));
    } catch (error) {
      const note = `${messageOf(error)}; the next tick tries again`;
      done.push({ pipeline: stored.name, scheduledFor: null, runs: [], note });
    }
  }
  return done;
}

async function tickPipeline(stored: StoredPipeline, { client, now }: Tick): Promise<Ticked[]> {
  const { name: pipeline, updatedAt } = stored;
  const { schedule } = stored.pipeline.on;
  if (!schedule) return [];
  // What was applied anew begins anew: times before that were of another schedule.
  const from = Math.max(
    Date.parse((await scheduledUpTo(pipeline)) ?? updatedAt),
    Date.parse(updatedAt),
  );
  const { times, skipped } = dueTimes(schedule, from, now);
  if (times.length + skipped === 0) return [];
  const done: Ticked[] = [];
  const about = (note: string): Ticked => ({ pipeline, scheduledFor: null, runs: [], note });
  if ((await pauseOf(pipeline)) !== null) {
    done.push(about(`${howMany(times.length + skipped)} times passed while it was paused`));
  } else if (takesTurns(stored.pipeline)) {
    return fireInTurn(stored, { times, skipped }, { client, now });
  } else {
    if (skipped > 0) done.push(about(`${howMany(skipped)} times were missed for good`));
    for (const time of times) done.push(await fire(stored, time, { client, now }));
  }
  await setScheduledUpTo(pipeline, new Date(now).toISOString());
  return done;
}

/**
 * Where runs may not overlap, one time at a time: while a run is going, `queue` keeps what is due for a later tick and
 * `skip` leaves it out.
 */
async function fireInTurn(
  stored: StoredPipeline,
  { times, skipped }: { times: number[]; skipped: number },
  tick: Tick,
): Promise<Ticked[]> {
  const { name: pipeline } = stored;
  const about = (note: string): Ticked => ({ pipeline, scheduledFor: null, runs: [], note });
  const going = await runningRun(pipeline, tick.now);
  if (going !== null && stored.pipeline.concurrency === 'queue') {
    return [about(`what is due waits until run ${going} has ended`)];
  }
  const [first, ...later] = times;
  const isLast = later.length === 0 || going !== null;
  const upTo = isLast || first === undefined ? tick.now : first;
  const done = going === null && first !== undefined ? [await fire(stored, first, tick)] : [];
  await setScheduledUpTo(pipeline, new Date(upTo).toISOString());
  if (going !== null) {
    done.push(
      about(`${howMany(times.length + skipped)} times are left out, since run ${going} is going`),
    );
  } else if (skipped > 0) {
    done.push(about(`${howMany(skipped)} times were missed for good`));
  }
  return done;
}

function howMany(skipped: number): string {
  return skipped < MOST_CAUGHT_UP ? String(skipped) : `${MOST_CAUGHT_UP} or more`;
}

async function fire(stored: StoredPipeline, time: number, tick: Tick): Promise<Ticked> {
  const scheduledFor = new Date(time).toISOString();
  const runs = await (stored.pipeline.on.drop
    ? fireDrops(stored, stored.pipeline.on.drop, { scheduledFor, tick })
    : fireWithoutInputs(stored, scheduledFor, tick));
  const { name: pipeline } = stored;
  const note =
    runs.length === 0
      ? `no drops waited at ${scheduledFor}, so no run was started`
      : `${scheduledFor} is run ${runs.join(', ')}`;
  return { pipeline, scheduledFor, runs, note };
}

type Watch = NonNullable<StoredPipeline['pipeline']['on']['drop']>;

/** The drops that waited when the time was first dealt with become a run, or several when they are too many for one. */
async function fireDrops(
  stored: StoredPipeline,
  watch: Watch,
  { scheduledFor, tick }: { scheduledFor: string; tick: Tick },
): Promise<string[]> {
  const { name: pipeline } = stored;
  const runs: string[] = [];
  const { at, run: begun } = await keyOf(pipeline, scheduledFor, { nth: 1, tick });
  // A tick before may have done this already.
  if (await findRun(begun)) runs.push(begun);
  for (let nth = runs.length + 1; ; nth++) {
    const rows = await waitingAt(pipeline, watch, Date.parse(at));
    if (rows.length === 0) return runs;
    const key = await keyOf(pipeline, scheduledFor, { nth, tick });
    const isNew = !(await findRun(key.run));
    if (isNew) await claimFor(stored, { key, rows, scheduledFor }, tick);
    runs.push(key.run);
    // What does not fit into it waits for the next time.
    if (isNew && takesTurns(stored.pipeline)) return runs;
  }
}

/** The oldest drops that had arrived by then, as many as go into a run. */
async function waitingAt(name: string, watch: Watch, at: number): Promise<SeenRow[]> {
  const waiting = (await listPending(name)).filter(({ arrivedAt }) => arrivedAt <= at);
  const rule = { ...watch, settle: 0, maxWait: 0 };
  const { take, superseded } = closeWindow(waiting, rule, at);
  await supersede(name, superseded);
  return take;
}

/** Who comes second finds either the claim of who was first, or its run. */
async function claimFor(
  stored: StoredPipeline,
  { key, rows, scheduledFor }: { key: Key; rows: SeenRow[]; scheduledFor: string },
  { client }: Tick,
): Promise<void> {
  const { name: pipeline } = stored;
  const hashes = rows.map(({ hash }) => hash);
  const turns = takesTurns(stored.pipeline);
  const { run, at: claimedAt } = key;
  const intent = { run, pipeline, stored, claimedAt, hashes, scheduledFor, turns };
  const standing = await openClaim(intent);
  if (await findRun(key.run)) await closeClaim(standing);
  else await carryOut(standing, client, rows);
  if (!turns || (await findRun(key.run))) return;
  throw new SluiceError('Conflict', `another run of ${pipeline} was begun just now`);
}

async function fireWithoutInputs(
  stored: StoredPipeline,
  scheduledFor: string,
  tick: Tick,
): Promise<string[]> {
  const { name: pipeline } = stored;
  const { run, at } = await keyOf(pipeline, scheduledFor, { nth: 1, tick });
  const origin = { run, stored, at, kind: 'schedule', scheduledFor } as const;
  const make = () => makeRun(origin, []);
  const record = (await findRun(run)) ?? (await inTurn(stored, { run, generation: 1 }, make));
  await startRun(tick.client, record);
  return [run];
}

/** The run that a scheduled time stands for, first wins. */
function keyOf(
  pipeline: string,
  scheduledFor: string,
  { nth, tick: { now } }: { nth: number; tick: Tick },
): Promise<Key> {
  const at = new Date(now);
  const run = runId(pipeline, at, randomBytes(6).toString('hex'));
  const key = `schedule ${scheduledFor} ${nth}`;
  return takeKey(pipeline, key, { run, at: at.toISOString(), request: 'schedule' });
}
