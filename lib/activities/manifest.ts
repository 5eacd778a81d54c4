import {
  finalStatus,
  INLINE_ITEMS,
  type Manifest,
  type ManifestCounts,
  type ManifestItem,
} from '../plan/manifest.ts';
import { MANIFEST_SCHEMA } from '../plan/manifest-schema.ts';
import { blockCount, toleratedFailures } from '../plan/plan.ts';
import { itemCounts, type RunError, type RunRecord } from '../plan/run.ts';
import { type FailureGroup, mergeGroups } from '../plan/signature.ts';
import { runPipeline } from '../store/plans.ts';
import { runRequest } from '../store/requests.ts';
import { listRounds } from '../store/rounds.ts';
import {
  cancelledError,
  commitManifest,
  getOwnRun,
  partFile,
  readRunJson,
  readRunLines,
  setProgress,
  updateRun,
  whyBrokenOff,
} from '../store/runs.ts';
import type { Activities, PartSummary, RunRef } from './contract.ts';
import { type Settled, settledFile } from './decide.ts';
import { writeChanged } from './judge.ts';
import { mergeEntry } from './merge-entry.ts';
import { failuresFile, finalCheckFile } from './part.ts';
import { ensurePlan } from './plan.ts';
import { previousManifest } from './plan-redrive.ts';

/** Groups of failures that a run shows beside its manifest. */
const SHOWN_GROUPS = 20;

/** The parts of a run's manifest, in order, after a last look whether inputs were overwritten. */
export async function parts({ run, epoch }: RunRef): Promise<Activities['parts']['output']> {
  const { generation } = await getOwnRun({ run, epoch }, { closing: true });
  await setProgress({ run, epoch }, { phase: 'manifest' });
  const { items } = await ensurePlan(run);
  const rounds = (await listRounds(run)).filter((round) => round.generation === generation);
  // A later round carries only items of the first, whose versions it has too.
  const [first] = rounds;
  await writeChanged(run, finalCheckFile(generation), first?.slabs ?? []);
  return { parts: Array.from({ length: blockCount(items) }, (_, block) => block) };
}

/** Decides how the run ended and commits the manifest of its generation, first wins. */
export async function writeManifest({
  run,
  epoch,
  parts: written,
  error,
}: Activities['writeManifest']['input']): Promise<null> {
  const record = await getOwnRun({ run, epoch }, { closing: true, ended: true });
  // It was done before, and its answer was lost.
  if (record.status !== 'Running') return null;
  const { pipeline, hash } = await runPipeline(run);
  const counts = totals(written);
  const tolerated = toleratedFailures(pipeline, counts.items);
  const cause = whyBrokenOff(record, error) ?? cancelledError(record);
  const merge = pipeline.merge ? await mergeOf(record, { tolerated, error: cause }) : null;
  const verdict = await decideEnd({ run, epoch }, (cancelled) =>
    finalStatus({ failed: counts.failed, tolerated, merge, error: cancelled ?? error }),
  );
  const inline = counts.items <= INLINE_ITEMS;
  const manifest = await commitManifest({
    schema: MANIFEST_SCHEMA,
    generation: record.generation,
    run: {
      id: run,
      pipeline: record.pipeline,
      pipelineHash: hash,
      params: (await runRequest(run)).params,
      status: verdict.status,
    },
    error: verdict.cancelled ?? error,
    counts,
    failures: await allFailures(record, written),
    items: inline ? await inlineItems(record, written) : null,
    merge,
    parts: inline ? null : written.map(({ url, items, md5 }) => ({ url, items, md5 })),
  });
  await conclude({ run, epoch }, manifest);
  return null;
}

async function mergeOf(
  { id: run, generation, closing }: RunRecord,
  { tolerated, error }: { tolerated: number; error: RunError | null },
): Promise<Manifest['merge']> {
  const settled = await readRunJson<Settled>(run, settledFile(generation));
  const previous = generation === 1 ? null : await previousManifest(run, generation);
  const job = closing?.job ?? null;
  return mergeEntry({ run, generation, job, settled, tolerated, previous, error });
}

/** Sets by compare and set how the run ends; a cancel either came before that, and counts, or is refused. */
async function decideEnd(
  ref: RunRef,
  status: (cancelled: RunError | null) => Manifest['run']['status'],
): Promise<{ status: Manifest['run']['status']; cancelled: RunError | null }> {
  const decided = await updateRun(ref, (record) =>
    record.verdict ? record : { ...record, verdict: status(cancelledError(record)) },
  );
  const cancelled = decided.verdict === 'Cancelled' ? cancelledError(decided) : null;
  return { status: decided.verdict ?? status(cancelled), cancelled };
}

async function conclude(ref: RunRef, manifest: Manifest): Promise<void> {
  const { counts, failures } = manifest;
  await setProgress(ref, {
    phase: 'cleanup',
    waiting: null,
    failures: failures.slice(0, SHOWN_GROUPS),
    items: itemCounts(
      counts.items,
      { succeeded: counts.succeeded, failed: counts.failed },
      { running: 0, perTask: 1 },
    ),
  });
  await updateRun(ref, (record) =>
    record.status === 'Running'
      ? {
          ...record,
          status: manifest.run.status,
          error: manifest.error,
          endedAt: new Date().toISOString(),
          closing: null,
        }
      : record,
  );
}

function totals(written: PartSummary[]): ManifestCounts {
  const sum = (value: (part: PartSummary) => number): number =>
    written.reduce((total, part) => total + value(part), 0);
  return {
    items: sum(({ items }) => items),
    succeeded: sum(({ succeeded }) => succeeded),
    failed: sum(({ failed }) => failed),
    cancelled: sum(({ cancelled }) => cancelled),
  };
}

async function allFailures(
  { id, generation }: RunRecord,
  written: PartSummary[],
): Promise<FailureGroup[]> {
  const groups: FailureGroup[] = [];
  for (const { part } of written) {
    groups.push(...((await readRunJson<FailureGroup[]>(id, failuresFile(generation, part))) ?? []));
  }
  return mergeGroups(groups);
}

async function inlineItems(
  { id, generation }: RunRecord,
  written: PartSummary[],
): Promise<ManifestItem[]> {
  const items: ManifestItem[] = [];
  for (const { part } of written) {
    items.push(...(await readRunLines<ManifestItem>(id, partFile(generation, part))));
  }
  return items;
}
