import { createHash } from 'node:crypto';
import { blobUrl } from '../azure/sas.ts';
import {
  finalStatus,
  INLINE_ITEMS,
  type Manifest,
  type ManifestCounts,
  type ManifestItem,
  manifestItem,
} from '../plan/manifest.ts';
import { itemOutcome, notRun } from '../plan/outcome.ts';
import { CONTROL_CONTAINER, WORK_CONTAINER } from '../plan/pipeline-schema.ts';
import { toleratedFailures } from '../plan/plan.ts';
import { itemCounts, type RunError } from '../plan/run.ts';
import {
  commitManifest,
  getOwnRun,
  putRunFile,
  readRunLines,
  setProgress,
  updateRun,
} from '../store/runs.ts';
import type { Activities, PartSummary, RunRef } from './contract.ts';
import { gatherEvidence, lastTasks } from './evidence.ts';
import { mergeEntry } from './merge-entry.ts';
import { runPipeline } from './plan.ts';

/** Digits of an item's id that name its part: six digits in all, so a part has ten thousand items. */
const PART_DIGITS = 2;

/** The parts of a run's manifest, in order. */
export async function parts({ run, epoch }: RunRef): Promise<Activities['parts']['output']> {
  await getOwnRun({ run, epoch });
  await setProgress({ run, epoch }, { phase: 'manifest' });
  const carried = await lastTasks(run, '');
  const prefixes = new Set([...carried.keys()].map((id) => id.slice(0, PART_DIGITS)));
  return { parts: [...prefixes].toSorted() };
}

/** Judges the items of one part a last time and writes their entries, one a line. */
export async function writePart({
  run,
  epoch,
  job,
  part,
  error,
}: Activities['writePart']['input']): Promise<PartSummary> {
  await getOwnRun({ run, epoch });
  const entries = await partEntries({ run, job, part, error });
  const body = entries.map((entry) => JSON.stringify(entry)).join('\n');
  const file = partFile(part);
  await putRunFile(run, file, body, 'application/x-ndjson');
  const succeeded = entries.filter(({ status }) => status === 'Succeeded').length;
  return {
    part,
    url: blobUrl(CONTROL_CONTAINER, `runs/${run}/${file}`),
    items: entries.length,
    md5: createHash('md5').update(body).digest('hex'),
    succeeded,
    failed: entries.length - succeeded,
  };
}

async function partEntries(question: {
  run: string;
  job: string | null;
  part: string;
  error: RunError | null;
}): Promise<ManifestItem[]> {
  const { run, job, part, error } = question;
  const carried = [...(await lastTasks(run, part)).values()].toSorted((a, b) =>
    a.item.id < b.item.id ? -1 : 1,
  );
  const items = carried.map(({ item }) => item);
  const listed = await gatherEvidence({ run, job, items, idPrefix: part });
  const evidence = { ...listed, absent: new Set<string>() };
  const urlOf = (path: string): string => blobUrl(WORK_CONTAINER, `runs/${run}/${path}`);
  return carried.map(({ item, planned }) => {
    const judged = itemOutcome(item, planned, evidence);
    // A run that broke off has items that no task was ever asked about.
    const outcome = error && judged.cause === 'Node' ? notRun(item, error.message) : judged;
    return manifestItem(outcome, blobUrl(item.input.container, item.input.name), urlOf);
  });
}

/** Commits the manifest, first wins, and with it how the run ended. */
export async function writeManifest({
  run,
  epoch,
  parts: written,
  error,
}: Activities['writeManifest']['input']): Promise<null> {
  const record = await getOwnRun({ run, epoch });
  const { pipeline, hash } = await runPipeline(run);
  const counts = totals(written);
  const tolerated = toleratedFailures(pipeline, counts.items);
  const merge = pipeline.merge ? await mergeEntry(run, counts, tolerated) : null;
  const status = finalStatus({ failed: counts.failed, tolerated, merge, error });
  const inline = counts.items <= INLINE_ITEMS;
  const manifest = await commitManifest({
    schema: 'sluice.manifest/1',
    generation: 1,
    run: { id: run, pipeline: record.pipeline, pipelineHash: hash, status },
    error,
    counts,
    items: inline ? await inlineItems(run, written) : null,
    merge,
    parts: inline ? null : written.map(({ url, items, md5 }) => ({ url, items, md5 })),
  });
  await conclude({ run, epoch }, manifest);
  return null;
}

async function conclude(ref: RunRef, manifest: Manifest): Promise<void> {
  const { counts } = manifest;
  await setProgress(ref, {
    phase: 'cleanup',
    items: itemCounts(counts.items, counts, { running: 0, perTask: 1 }),
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
    cancelled: 0,
  };
}

async function inlineItems(run: string, written: PartSummary[]): Promise<ManifestItem[]> {
  const items: ManifestItem[] = [];
  for (const { part } of written) {
    items.push(...(await readRunLines<ManifestItem>(run, partFile(part))));
  }
  return items;
}

function partFile(part: string): string {
  return `parts/1-${part}.ndjson`;
}
