import type { DurableClient } from 'durable-functions';
import { deleteJob, listJobs } from '../azure/jobs.ts';
import { ownerOf } from '../azure/owner.ts';
import { deletePool, listPools } from '../azure/pools.ts';
import { type Garbage, type Owned, pastKeep, whyOrphan } from '../plan/garbage.ts';
import { runInstance } from '../plan/ids.ts';
import type { RunRecord } from '../plan/run.ts';
import { listPipelines, type StoredPipeline } from '../store/pipelines.ts';
import { forgetRun, listIndex, removeLogs, type RunKey } from '../store/retention.ts';
import { isReused } from '../store/reuse.ts';
import { findRun, isActive, listActive } from '../store/runs.ts';

/** Milliseconds after which the rest is left to the next time. */
const TIME_LIMIT = 120_000;

/** What was found, and whether some of it is still there for want of time. */
export interface Collected {
  garbage: Garbage[];
  more: boolean;
}

/** What was found, and how it is removed. */
interface Found {
  garbage: Garbage;
  remove(client: DurableClient): Promise<unknown>;
}

/** Finds pools and jobs that are nobody's, and runs and logs past what their pipeline keeps; nothing is removed. */
export async function findGarbage(now: number): Promise<Garbage[]> {
  return (await find(now)).map(({ garbage }) => garbage);
}

/** Removes what `findGarbage` finds. */
export async function collectGarbage(client: DurableClient, now: number): Promise<Collected> {
  const found = await find(now);
  const garbage = found.map((each) => each.garbage);
  const deadline = Date.now() + TIME_LIMIT;
  const faults: unknown[] = [];
  for (const { remove } of found) {
    if (Date.now() > deadline) return { garbage, more: true };
    await remove(client).catch((fault: unknown) => faults.push(fault));
  }
  // One that cannot be removed keeps none of the others, and is told of.
  if (faults.length > 0) throw faults[0];
  return { garbage, more: false };
}

async function find(now: number): Promise<Found[]> {
  // Marks after pools: a run is marked active before it has any, so what came in between is seen to be somebody's.
  const owned = await listOwned();
  const active = new Set((await listActive()).map(({ run }) => run));
  const found = owned.flatMap((each): Found[] => {
    const { kind, id, owner } = each;
    const reason = whyOrphan(each, active, now);
    if (reason === null) return [];
    const remove = async (): Promise<void> => {
      // It may have been redriven since it was found.
      if (!active.has(owner.run) && (await isActive(owner.run))) return;
      await (kind === 'pool' ? deletePool(id) : deleteJob(id));
    };
    return [{ garbage: { kind, id, run: owner.run, reason }, remove }];
  });
  for (const pipeline of await listPipelines()) {
    found.push(...(await oldRuns(pipeline, active, now)));
  }
  return found;
}

async function listOwned(): Promise<Owned[]> {
  const owned: Owned[] = [];
  for await (const { id = '', state, metadata } of listPools()) {
    const owner = ownerOf(metadata);
    if (owner && state !== 'deleting') owned.push({ kind: 'pool', id, owner });
  }
  for await (const { id = '', state, metadata } of listJobs()) {
    const owner = ownerOf(metadata);
    if (owner && state !== 'deleting') owned.push({ kind: 'job', id, owner });
  }
  return owned;
}

async function oldRuns(
  { name: pipeline, pipeline: { keep } }: StoredPipeline,
  active: ReadonlySet<string>,
  now: number,
): Promise<Found[]> {
  if (!keep) return [];
  const found: Found[] = [];
  for await (const { run, startedAt, logsGone, metadata } of listIndex(pipeline)) {
    // It ended after it began, so most are seen to be too young without a look at their record.
    const young = !pastKeep(keep, { endedAt: startedAt, logsGone }, now);
    if (young || active.has(run)) continue;
    const record = await findRun(run);
    const kind = pastKeep(keep, { endedAt: endOf(record, startedAt), logsGone }, now);
    if (!kind || (kind === 'run' && (await isReused(run)))) continue;
    const reason = `it ended longer ago than ${pipeline} keeps ${kind === 'logs' ? 'logs' : 'runs'}`;
    const key = { run, pipeline, startedAt, metadata };
    const remove = (client: DurableClient): Promise<void> =>
      kind === 'logs' ? removeLogs(key) : removeRun(key, record?.epoch ?? 0, client);
    found.push({ garbage: { kind, id: run, run, reason }, remove });
  }
  return found;
}

function endOf(record: RunRecord | null, startedAt: number): number {
  if (!record) return startedAt;
  return record.endedAt === null ? Number.POSITIVE_INFINITY : Date.parse(record.endedAt);
}

async function removeRun(key: RunKey, epochs: number, client: DurableClient): Promise<void> {
  // It may have been redriven since it was found.
  if (await isActive(key.run)) return;
  for (let epoch = 1; epoch <= epochs; epoch++) {
    await client.purgeInstanceHistory(runInstance(key.run, epoch));
  }
  await forgetRun(key);
}
