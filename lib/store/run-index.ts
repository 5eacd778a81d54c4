import { listPage, put, remove } from '../azure/blobs.ts';
import { controlContainer } from '../azure/storage.ts';
import { newestFirst, startOf } from '../plan/ids.ts';
import type { FinalStatus } from '../plan/manifest.ts';
import type { Progress, RunRecord } from '../plan/run.ts';
import { type RunView, runView } from '../plan/run-view.ts';

/** Every run, newest first. */
export const ALL_RUNS = 'index/runs/';

/** The runs of one pipeline, newest first. */
export const pipelinePrefix = (pipeline: string): string => `index/pipelines/${pipeline}/`;

/** The runs that ended so and are cleaned up, newest first. */
export const statusPrefix = (status: FinalStatus): string => `index/status/${status}/`;

/** Bytes of metadata that an entry's view may take; a blob may have 8 KB. */
const MOST_METADATA = 7000;

/** Puts a new run into the indexes. */
export async function indexRun(record: RunRecord): Promise<void> {
  for (const name of entriesOf(record)) await put(await controlContainer(), name, '');
}

/** Has the entries of a run that is over carry how it came out, so that a listing need not read it. */
export async function sealRun(record: RunRecord, progress: Progress | null): Promise<void> {
  if (record.status === 'Running') return;
  const control = await controlContainer();
  const view = encodeView(runView(record, progress));
  const metadata: Record<string, string> = view === null ? {} : { view };
  for (const name of [statusEntry(record, record.status), ...entriesOf(record)]) {
    await put(control, name, '', { metadata });
  }
}

/** Takes that back, before a run that is over begins anew. */
export async function unsealRun(record: RunRecord): Promise<void> {
  const control = await controlContainer();
  for (const name of entriesOf(record)) await put(control, name, '');
  if (record.status !== 'Running') await remove(control, statusEntry(record, record.status));
}

function entriesOf({ id, pipeline, startedAt }: RunRecord): string[] {
  const entry = newestFirst(id, new Date(startedAt));
  return [ALL_RUNS + entry, pipelinePrefix(pipeline) + entry];
}

function statusEntry({ id, startedAt }: RunRecord, status: FinalStatus): string {
  return statusPrefix(status) + newestFirst(id, new Date(startedAt));
}

/** Null when it does not fit even without its failures. */
function encodeView(view: RunView): string | null {
  for (let kept = view.failures.length; kept >= 0; kept--) {
    const shown = { ...view, failures: view.failures.slice(0, kept) };
    const text = Buffer.from(JSON.stringify(shown)).toString('base64url');
    if (text.length <= MOST_METADATA) return text;
  }
  return null;
}

/** One entry of an index; `startedAt` in milliseconds since 1970; `view` is null unless the run is over. */
export interface IndexEntry {
  /** Sorts newest first. */
  entry: string;
  run: string;
  startedAt: number;
  view: RunView | null;
}

/** One page of the index below `prefix`, and what leads to the next. */
export async function listEntries(
  prefix: string,
  { size, token }: { size: number; token: string | undefined },
): Promise<{ entries: IndexEntry[]; token: string | undefined }> {
  const { blobs, continuationToken } = await listPage(await controlContainer(), prefix, {
    metadata: true,
    size,
    continuationToken: token,
  });
  const entries = blobs.map(({ name, metadata }): IndexEntry => {
    const entry = name.slice(prefix.length);
    const run = entry.slice(entry.indexOf('.') + 1);
    return { entry, run, startedAt: startOf(entry), view: decodeView(metadata['view']) };
  });
  return { entries, token: continuationToken };
}

/** An entry that cannot be read is as good as one without a view: the run itself is read then. */
function decodeView(text: string | undefined): RunView | null {
  if (text === undefined) return null;
  try {
    return JSON.parse(Buffer.from(text, 'base64url').toString()) as RunView;
  } catch {
    return null;
  }
}

/** The newest runs of a pipeline that are over; `endedAt` in milliseconds since 1970. */
export async function* listPipelineRuns(
  pipeline: string,
  most: number,
): AsyncGenerator<{ run: string; endedAt: number }> {
  const prefix = pipelinePrefix(pipeline);
  const { entries } = await listEntries(prefix, { size: most, token: undefined });
  for (const { run, view } of entries) {
    if (view?.endedAt) yield { run, endedAt: Date.parse(view.endedAt) };
  }
}
