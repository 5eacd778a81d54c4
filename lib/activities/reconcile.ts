import type { DurableClient } from 'durable-functions';
import { list, put, readJson } from '../azure/blobs.ts';
import { getSettings } from '../azure/settings.ts';
import { container, controlContainer } from '../azure/storage.ts';
import { messageOf } from '../errors.ts';
import { commonBase, type Drop, matcher } from '../plan/drop.ts';
import { findRow, isListed } from '../store/ledger.ts';
import { listPipelines, type StoredPipeline } from '../store/pipelines.ts';
import { takeNote } from './drop.ts';

type Watched = Pick<NonNullable<StoredPipeline['pipeline']['on']['drop']>, 'container' | 'match'>;

/** `reconciled/{pipeline}.json`: blobs written before `until` (ms since 1970) have been looked at. */
interface Reconciled {
  until: number;
  /** What was watched then, as JSON. */
  watch: string;
}

/** How many blobs of a pipeline were found, or what kept that from being known; the next time looks at them, too. */
type Reconciliation = { pipeline: string } & ({ found: number } | { fault: string });

/**
 * Finds blobs whose event never came, by the listing: each that was written since the last time and some minutes ago
 * must have a row. Returns how many were found, by pipeline, and why some could not be looked at.
 */
export async function reconcile(client: DurableClient, now: number): Promise<Reconciliation[]> {
  const missed: Reconciliation[] = [];
  for (const stored of await listPipelines()) {
    const { drop } = stored.pipeline.on;
    if (!drop) continue;
    const { name: pipeline } = stored;
    try {
      const found = await reconcilePipeline(stored, drop, { client, now });
      if (found > 0) missed.push({ pipeline, found });
    } catch (error) {
      missed.push({ pipeline, fault: messageOf(error) });
    }
  }
  return missed;
}

async function reconcilePipeline(
  stored: StoredPipeline,
  watched: Watched,
  { client, now }: { client: DurableClient; now: number },
): Promise<number> {
  const watch = JSON.stringify([watched.container, watched.match]);
  const control = await controlContainer();
  const file = `reconciled/${stored.name}.json`;
  const before = (await readJson<Reconciled>(control, file))?.value;
  const until = now - getSettings().reconcileAfterSeconds * 1000;
  const from = startOf(stored, watch, before);
  let found = 0;
  for await (const drop of writtenBetween(watched, from, until)) {
    const row = await findRow(stored.name, drop);
    // Whoever wrote a row that waits may have been cut off before anything else knew of it.
    const halfNoted = row?.state === 'pending' && !(await isListed(stored.name, row));
    if (!row || halfNoted) await takeNote(stored.name, drop, client, now);
    if (!row) found++;
  }
  const reconciled: Reconciled = { until: Math.max(until, from), watch };
  await put(control, file, JSON.stringify(reconciled));
  return found;
}

/** What was there before a pipeline watched the place is no drop. */
function startOf(stored: StoredPipeline, watch: string, before: Reconciled | undefined): number {
  const applied = Date.parse(stored.updatedAt);
  if (!before) return applied;
  return before.watch === watch ? before.until : Math.max(before.until, applied);
}

async function* writtenBetween(
  { container: where, match }: Watched,
  from: number,
  until: number,
): AsyncGenerator<Drop> {
  const isWatched = matcher(match);
  // Listings tell whole seconds.
  const first = Math.floor(from / 1000) * 1000;
  for await (const { name, etag, size, changedAt } of list(
    await container(where),
    commonBase(match),
  )) {
    // An empty blob may be one that a Data Lake client has only just created.
    if (size === 0 || changedAt < first || changedAt > until || !isWatched(name)) continue;
    yield { container: where, name, etag, size, sequencer: '' };
  }
}
