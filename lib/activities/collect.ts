import { randomBytes } from 'node:crypto';
import type { DurableClient } from 'durable-functions';
import { takesTurns } from '../plan/fields/concurrency.ts';
import { runId } from '../plan/ids.ts';
import { resolveParams } from '../plan/params.ts';
import { newRun, type RunRecord } from '../plan/run.ts';
import { closeWindow } from '../plan/window.ts';
import { type Claim, closeClaim, openClaim, takeRows } from '../store/claims.ts';
import { listPending, type Row, type SeenRow, supersede } from '../store/ledger.ts';
import { getPipeline, type StoredPipeline } from '../store/pipelines.ts';
import { pauseOf } from '../store/pauses.ts';
import { dropTurn, runningRun, takeTurn } from '../store/turns.ts';
import { REQUEST_FILE, type RunRequest } from '../store/requests.ts';
import { commitJson, commitLines, createRun } from '../store/runs.ts';
import type { Activities } from './contract.ts';
import { startRun } from './durable.ts';

/** Looks at a pipeline's waiting drops; when their window closes, claims them and starts their run. */
export async function collect(
  { pipeline }: Activities['collect']['input'],
  client: DurableClient,
): Promise<Activities['collect']['output']> {
  const stored = await getPipeline(pipeline);
  const drop = stored?.pipeline.on.drop;
  if (!stored || !drop || (await mustGather(stored))) return { waitSeconds: null, more: false };
  const waiting = await listPending(pipeline);
  const now = new Date();
  const verdict = closeWindow(waiting, drop, now.getTime());
  await supersede(pipeline, verdict.superseded);
  if (verdict.take.length === 0) return { waitSeconds: verdict.waitSeconds, more: false };
  // The end of the run whose turn it is wakes the collector, and so does each sweep.
  const turns = takesTurns(stored.pipeline);
  if (turns && (await runningRun(pipeline, now.getTime()))) {
    return { waitSeconds: null, more: false };
  }
  await carryOut(await claim({ stored, turns, now }, verdict.take), client, verdict.take);
  return { waitSeconds: 0, more: verdict.take.length < waiting.length - verdict.superseded.length };
}

/** Whether a pipeline's drops wait for something else than their window: for its schedule, or for `resume`. */
export async function mustGather({ name, pipeline }: StoredPipeline): Promise<boolean> {
  return pipeline.on.schedule !== undefined || (await pauseOf(name)) !== null;
}

async function claim(
  { stored, turns, now }: { stored: StoredPipeline; turns: boolean; now: Date },
  rows: Row[],
): Promise<Claim> {
  const run = runId(stored.name, now, randomBytes(6).toString('hex'));
  const hashes = rows.map(({ hash }) => hash);
  const claimedAt = now.toISOString();
  return openClaim({ run, pipeline: stored.name, stored, claimedAt, hashes, turns });
}

/** Sets a claim's rows, makes the run of those it won, and starts it. May be done any number of times. */
export async function carryOut(
  intent: Claim,
  client: DurableClient,
  listed: readonly SeenRow[] = [],
): Promise<void> {
  const { run, pipeline, stored, claimedAt: at, scheduledFor, turns = false } = intent;
  // Before any row is set, so that they are all still pending when it is another run's turn.
  const turn = { run, generation: 1 };
  if (turns) {
    if ((await takeTurn(pipeline, turn, Date.now())) !== null) return closeClaim(intent);
    // Who carried it out a moment before, when it was not its turn yet, closed it.
    await openClaim(intent);
  }
  const rows = await takeRows(intent, listed);
  if (rows.length > 0) {
    const trigger = scheduledFor
      ? ({ kind: 'schedule', scheduledFor } as const)
      : ({ kind: 'drop' } as const);
    await startRun(client, await makeRun({ run, stored, at, ...trigger }, rows));
  } else if (turns) {
    await dropTurn(pipeline, turn);
  }
  await closeClaim(intent);
}

/** What a run is made of besides its rows. */
export interface Origin {
  run: string;
  /** The pipeline that it goes by, which may have been deleted since. */
  stored: StoredPipeline;
  /** When it was asked for, in ISO 8601. */
  at: string;
  kind: RunRecord['trigger']['kind'];
  /** The time that a schedule named, in ISO 8601. */
  scheduledFor?: string;
}

/**
 * Writes down a run, first wins; its inputs and its pipeline stay as they are at the first time; without a `request` its
 * parameters have their defaults.
 */
export async function makeRun(
  origin: Origin,
  rows: SeenRow[],
  request: RunRequest | null = null,
): Promise<RunRecord> {
  const { run, stored, at, kind, scheduledFor } = origin;
  await commitLines(run, 'inputs.ndjson', rows);
  await commitJson(run, 'pipeline.json', stored);
  const { values } = resolveParams(stored.pipeline.params, {});
  await commitJson<RunRequest>(run, REQUEST_FILE, request ?? { params: values, list: null });
  return createRun(
    newRun({
      id: run,
      pipeline: stored.name,
      pipelineHash: stored.hash,
      trigger: scheduledFor ? { kind, scheduledFor } : { kind },
      startedAt: at,
    }),
  );
}
