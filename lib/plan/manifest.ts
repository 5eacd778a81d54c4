import type { z } from 'zod';
import type { manifestItemSchema, manifestSchema } from './manifest-schema.ts';
import type { Outcome, StoredFile } from './outcome.ts';
import type { Input } from './plan.ts';
import type { ItemRecord } from './record.ts';
import type { RunError } from './run.ts';

/** `manifest.json`: the durable record of a run, every item exactly once. */
export type Manifest = z.infer<typeof manifestSchema>;
export type ManifestItem = z.infer<typeof manifestItemSchema>;
/** One try; `stdout` and `stderr` are URLs, null where nothing was printed. */
export type ManifestAttempt = ManifestItem['attempts'][number];
export type ManifestFile = ManifestItem['outputs'][number];
/** What became of the merge; `Skipped` comes with the reason. */
export type ManifestMerge = NonNullable<Manifest['merge']>;
export type ManifestCounts = Manifest['counts'];
/** The four ways a run ends. */
export type FinalStatus = Manifest['run']['status'];

/** Items up to which a manifest holds them itself; more go into parts. */
export const INLINE_ITEMS = 5000;

/** URL of a blob of the run's own, given its path below `runs/{id}/` in the work container. */
export type UrlOf = (path: string) => string;

/**
 * One item's entry, from its outcome in each task that carried it, the first one first; `before` are its attempts in
 * earlier generations and `blobUrl` tells where a blob is. Its failure, if it is one, is described later.
 */
export function manifestItem(
  outcomes: [Outcome, ...Outcome[]],
  where: {
    before: ManifestAttempt[];
    blobUrl: (container: string, name: string) => string;
    urlOf: UrlOf;
  },
): ManifestItem {
  const last = outcomes.at(-1) ?? outcomes[0];
  const { input, range = null, values = {} } = last.item;
  const tried = outcomes.filter(({ attempted }) => attempted);
  return {
    id: last.item.id,
    status: last.status,
    cause: last.cause,
    message: last.message,
    signature: null,
    stderrTail: null,
    inputs: input ? [inputFile(input, where.blobUrl(input.container, input.name))] : [],
    range,
    values,
    outputs: last.status === 'Succeeded' ? last.outputs.map(manifestFile) : [],
    attempts: [...where.before, ...tried.map((outcome) => itemAttempt(outcome, where.urlOf))],
  };
}

/** An input as the manifest names it. */
export function inputFile({ name, etag, size }: Input, url: string): ManifestFile {
  return { name, url, etag, size };
}

function itemAttempt({ planned, status, cause, record, task }: Outcome, urlOf: UrlOf) {
  const { attempt: number, task: id } = planned;
  if (record) return recordedAttempt(id, { status, cause }, record, urlOf);
  return {
    attempt: number,
    task: id,
    status,
    cause,
    exitCode: task?.exitCode ?? null,
    startedAt: task?.startedAt ?? null,
    endedAt: task?.endedAt ?? null,
    stdout: null,
    stderr: null,
  };
}

/** The entry of an attempt that left a record. */
export function recordedAttempt(
  task: string,
  verdict: Pick<ManifestAttempt, 'status' | 'cause'>,
  record: ItemRecord,
  urlOf: UrlOf,
): ManifestAttempt {
  const logs = `logs/${record.item}/a${record.attempt}`;
  return {
    attempt: record.attempt,
    task,
    ...verdict,
    exitCode: record.exit,
    startedAt: new Date(record.start * 1000).toISOString(),
    endedAt: new Date(record.end * 1000).toISOString(),
    stdout: record.stdout ? urlOf(`${logs}/stdout.txt`) : null,
    stderr: record.stderr ? urlOf(`${logs}/stderr.txt`) : null,
  };
}

/** An output as the manifest names it. */
export function manifestFile({ name, url, etag, size, md5 }: StoredFile): ManifestFile {
  return { name, url, etag, size, md5 };
}

/** How a run ended, from its failures, what it tolerates, its merge, and what made it break off. */
export function finalStatus(end: {
  failed: number;
  tolerated: number;
  merge: ManifestMerge | null;
  error: RunError | null;
}): FinalStatus {
  if (end.error?.code === 'Cancelled') return 'Cancelled';
  if (end.error !== null || end.failed > end.tolerated) return 'Failed';
  if (end.merge && end.merge.status === 'Failed') return 'Failed';
  return end.failed > 0 ? 'CompletedWithFailures' : 'Succeeded';
}
