import type { Outcome, StoredFile } from './outcome.ts';
import type { ItemRecord } from './record.ts';

/** The four ways a run ends. */
export type FinalStatus = 'Succeeded' | 'CompletedWithFailures' | 'Failed' | 'Cancelled';

export interface ManifestFile {
  name: string;
  url: string;
  etag: string;
  size: number;
  md5?: string | null;
}

/** One try; times in ISO 8601, `stdout` and `stderr` are URLs, null where nothing was printed. */
export interface ManifestAttempt {
  attempt: number;
  task: string;
  exitCode: number | null;
  startedAt: string | null;
  endedAt: string | null;
  stdout: string | null;
  stderr: string | null;
}

export interface ManifestItem {
  id: string;
  status: 'Succeeded' | 'Failed';
  cause: string | null;
  message: string | null;
  inputs: ManifestFile[];
  outputs: ManifestFile[];
  attempts: ManifestAttempt[];
}

/** What became of the merge; `Skipped` comes with the reason. */
export interface ManifestMerge {
  status: 'Succeeded' | 'Failed' | 'Skipped';
  cause: string | null;
  message: string | null;
  outputs: ManifestFile[];
  attempts: ManifestAttempt[];
}

export interface ManifestCounts {
  items: number;
  succeeded: number;
  failed: number;
  cancelled: number;
}

/** `manifest.json`: the durable record of a run, every item exactly once. */
export interface Manifest {
  schema: 'sluice.manifest/1';
  generation: number;
  run: { id: string; pipeline: string; pipelineHash: string; status: FinalStatus };
  error: { code: string; message: string } | null;
  counts: ManifestCounts;
  items: ManifestItem[] | null;
  merge: ManifestMerge | null;
  parts: { url: string; items: number; md5: string }[] | null;
}

/** Items up to which a manifest holds them itself; more go into parts. */
export const INLINE_ITEMS = 5000;

/** URL of a blob of the run's own, given its path below `runs/{id}/` in the work container. */
export type UrlOf = (path: string) => string;

/** One item's entry; `inputUrl` is where its blob is. */
export function manifestItem(outcome: Outcome, inputUrl: string, urlOf: UrlOf): ManifestItem {
  const { item, status, cause, message, task, record } = outcome;
  const { name, etag, size } = item.input;
  return {
    id: item.id,
    status,
    cause,
    message,
    inputs: [{ name, url: inputUrl, etag, size }],
    outputs: status === 'Succeeded' ? outcome.outputs.map(manifestFile) : [],
    attempts: task === null ? [] : [attempt(task, record, (path) => urlOf(path))],
  };
}

/** One attempt's entry; a task that left no record has neither times nor logs to show. */
export function attempt(task: string, record: ItemRecord | null, urlOf: UrlOf): ManifestAttempt {
  if (!record) {
    return {
      attempt: 1,
      task,
      exitCode: null,
      startedAt: null,
      endedAt: null,
      stdout: null,
      stderr: null,
    };
  }
  const logs = `logs/${record.item}/a${record.attempt}`;
  return {
    attempt: record.attempt,
    task,
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

/** How a run ended, from its failures, what it tolerates, and its merge. */
export function finalStatus(end: {
  failed: number;
  tolerated: number;
  merge: ManifestMerge | null;
  error: unknown;
}): FinalStatus {
  if (end.error !== null || end.failed > end.tolerated) return 'Failed';
  if (end.merge && end.merge.status === 'Failed') return 'Failed';
  return end.failed > 0 ? 'CompletedWithFailures' : 'Succeeded';
}
