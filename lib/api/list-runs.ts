import { z } from 'zod';
import { SluiceError } from '../errors.ts';
import { newestFirst } from '../plan/ids.ts';
import { type RunView, runView } from '../plan/run-view.ts';
import { eachLimited } from '../store/concurrency.ts';
import {
  ALL_RUNS,
  type IndexEntry,
  listEntries,
  pipelinePrefix,
  statusPrefix,
} from '../store/run-index.ts';
import { findRun, getProgress, listActive } from '../store/runs.ts';
import type { RunsQuery } from './schemas.ts';

const PAGE = 100;
/** Entries that one page looks through before it leaves the rest to the next. */
const MOST_LOOKED_AT = 5000;
const IN_FLIGHT = 32;

/** Where a page ended: the last entry that was given or looked at, and the storage's own token for its page. */
const cursorSchema = z.strictObject({ after: z.string(), token: z.string().optional() });
type Cursor = z.infer<typeof cursorSchema>;

/** A page of runs, newest first, and the cursor of the next one; null when there is none. */
export async function listRuns(
  query: RunsQuery,
): Promise<{ value: RunView[]; next: string | null }> {
  const top = query.top ?? PAGE;
  const cursor = decode(query.after);
  const looking = activeRuns();
  // A run that is cleaned up in between is among the active ones, or in the index of its status, or both.
  if (query.status !== undefined) await looking;
  const [indexed, active] = await Promise.all([walkIndex(query, { top, cursor }), looking]);
  const merged = [
    ...indexed.entries.flatMap((each) => settled(each, query, active)),
    ...(query.status === undefined ? [] : await goingRuns(query, active)),
  ]
    .filter(({ entry }) => entry > cursor.after && (indexed.done || entry <= indexed.last))
    .toSorted((a, b) => (a.entry < b.entry ? -1 : 1));
  const page = merged.slice(0, top);
  const value = (await viewsOf(page)).filter((view) => fits(view, query));
  if (indexed.done && merged.length <= top) return { value, next: null };
  const after = merged.length > top ? (page.at(-1)?.entry ?? '') : indexed.last;
  return { value, next: encode({ after, token: indexed.tokenOf(after) }) };
}

async function activeRuns(): Promise<Set<string>> {
  return new Set((await listActive()).map(({ run }) => run));
}

/** What the index says of a run holds once that is cleaned up; until then the run itself is asked. */
function settled(
  each: IndexEntry,
  { status }: RunsQuery,
  active: ReadonlySet<string>,
): IndexEntry[] {
  if (!active.has(each.run)) return [each];
  return status === undefined ? [{ ...each, view: null }] : [];
}

interface Walked {
  entries: IndexEntry[];
  /** The last entry that was looked at. */
  last: string;
  /** Whether nothing comes after it. */
  done: boolean;
  /** The token of the page to go on from after an entry. */
  tokenOf(after: string): string | undefined;
}

/** Reads on in the index that answers best, until a page is full or enough was looked at. */
async function walkIndex(
  query: RunsQuery,
  { top, cursor }: { top: number; cursor: Cursor },
): Promise<Walked> {
  const entries: IndexEntry[] = [];
  const pages: { token: string | undefined; last: string }[] = [];
  const tokenOf = (after: string): string | undefined =>
    pages.find(({ last }) => last > after)?.token ?? token;
  let { token, after: last } = cursor;
  if (query.status === 'Running') return { entries, last, done: true, tokenOf };
  const size = query.status && query.pipeline ? 1000 : top;
  const since = query.since === undefined ? 0 : Date.parse(query.since);
  for (let looked = 0; looked < MOST_LOOKED_AT && entries.length < top; looked += size) {
    const page = await listEntries(prefixOf(query), { size, token });
    pages.push({ token, last: page.entries.at(-1)?.entry ?? last });
    for (const each of page.entries) {
      if (each.startedAt < since) return { entries, last, done: true, tokenOf };
      if (each.entry > cursor.after && isOf(each.run, query.pipeline)) entries.push(each);
      last = each.entry > last ? each.entry : last;
    }
    token = page.token;
    if (token === undefined) return { entries, last, done: true, tokenOf };
  }
  return { entries, last, done: false, tokenOf };
}

function prefixOf({ pipeline, status }: RunsQuery): string {
  if (status !== undefined && status !== 'Running') return statusPrefix(status);
  return pipeline === undefined ? ALL_RUNS : pipelinePrefix(pipeline);
}

/** A run's id begins with its pipeline's name, followed by its second and 12 hex digits. */
function isOf(run: string, pipeline: string | undefined): boolean {
  return pipeline === undefined || run.replace(/-\d{12}-[0-9a-f]{12}$/, '') === pipeline;
}

/** Runs that are not cleaned up and fit the query: they are under no status in the index yet. */
async function goingRuns(query: RunsQuery, active: ReadonlySet<string>): Promise<IndexEntry[]> {
  const going: IndexEntry[] = [];
  const since = query.since === undefined ? 0 : Date.parse(query.since);
  const ofPipeline = [...active].filter((run) => isOf(run, query.pipeline));
  await eachLimited(ofPipeline, IN_FLIGHT, async (run) => {
    const view = await currentView(run);
    if (!view || view.status !== query.status) return;
    const startedAt = Date.parse(view.startedAt);
    if (startedAt < since) return;
    going.push({ entry: newestFirst(run, new Date(startedAt)), run, startedAt, view });
  });
  return going;
}

/** How runs are now; one that is indexed but whose record is not there yet is left out. */
async function viewsOf(entries: IndexEntry[]): Promise<RunView[]> {
  const views = await Promise.all(entries.map(({ run, view }) => view ?? currentView(run)));
  return views.filter((view) => view !== null);
}

/** A run may have been begun anew since its entry was read. */
function fits(view: RunView, { status }: RunsQuery): boolean {
  return status === undefined || view.status === status;
}

/** A run as it is now; null when there is none. */
export async function currentView(run: string): Promise<RunView | null> {
  const [record, progress] = await Promise.all([findRun(run), getProgress(run)]);
  return record && runView(record, progress);
}

function encode(cursor: Cursor): string {
  return Buffer.from(JSON.stringify(cursor)).toString('base64url');
}

function decode(text: string | undefined): Cursor {
  if (text === undefined) return { after: '' };
  try {
    return cursorSchema.parse(JSON.parse(Buffer.from(text, 'base64url').toString()));
  } catch (cause) {
    const message = "'after' must be what the 'next' of a page before says.";
    throw new SluiceError('InvalidRequest', message, { cause });
  }
}
