import {
  create,
  first,
  list,
  put,
  readJson,
  remove,
  replace,
  stat,
  type Versioned,
} from '../azure/blobs.ts';
import { blobUrl } from '../azure/sas.ts';
import { controlContainer } from '../azure/storage.ts';
import { SluiceError } from '../errors.ts';
import type { Drop } from '../plan/drop.ts';
import { dropHash } from '../plan/ids.ts';
import { eachLimited } from './concurrency.ts';
import { noteVersion } from './versions.ts';

/** Where a drop stands. A row is never deleted, so that a late duplicate finds it. */
export type RowState =
  | { state: 'pending' }
  | { state: 'claimed'; run: string }
  | { state: 'done'; run: string }
  | { state: 'superseded' }
  | { state: 'set aside'; reason: string };

/** `ledger/{pipeline}/rows/{hash}`: one version of one blob, seen once whatever the number of events. */
export type Row = Drop & { hash: string; arrivedAt: number } & RowState;

/** A row and the version it was last seen at, so that it can be changed without being read; a wrong one only costs time. */
export type SeenRow = Row & { seen?: string };

/** Rows written at once. */
export const IN_FLIGHT = 16;

/** Writes the row of a drop, first wins, and its place among the pending, or among those set aside. */
export async function recordDrop(
  pipeline: string,
  drop: Drop,
  options: { now: number; setAside: string | null },
): Promise<Row> {
  const hash = hashOf(drop);
  const state: RowState = options.setAside
    ? { state: 'set aside', reason: options.setAside }
    : { state: 'pending' };
  const fresh: Row = { ...drop, hash, arrivedAt: options.now, ...state };
  const [{ row, isNew }, newest] = await Promise.all([
    firstRow(pipeline, fresh),
    noteVersion(pipeline, drop),
  ]);
  if (row.state === 'pending' && !newest) {
    return (await moveRow(pipeline, row, { state: 'superseded' })) ?? row;
  }
  if (row.state === 'pending') await index(pendingName(pipeline, hash), row);
  if (row.state === 'pending' && !isNew) await removeIfTaken(pipeline, hash);
  if (row.state === 'set aside') await index(asideName(pipeline, hash), row);
  return row;
}

/** A run may have taken a drop, and taken it off those that wait, between a second event's look at its row and its entry. */
async function removeIfTaken(pipeline: string, hash: string): Promise<void> {
  const found = await readRow(pipeline, hash);
  if (found && found.value.state !== 'pending') await removePending(pipeline, hash);
}

/** The row of a version of a blob; null when it has not been heard of. */
export async function findRow(pipeline: string, drop: Drop): Promise<Row | null> {
  return (await readRow(pipeline, hashOf(drop)))?.value ?? null;
}

/** Whether a drop that waits is listed among those that do. */
export async function isListed(pipeline: string, { hash }: Row): Promise<boolean> {
  return (await stat(await controlContainer(), pendingName(pipeline, hash))) !== null;
}

/** The hash by which rows are named of every version of a blob that was heard of. */
export async function knownHashes(pipeline: string): Promise<Set<string>> {
  const prefix = rowName(pipeline, '');
  const hashes = new Set<string>();
  for await (const { name } of list(await controlContainer(), prefix)) {
    hashes.add(name.slice(prefix.length));
  }
  return hashes;
}

async function firstRow(pipeline: string, fresh: Row): Promise<{ row: SeenRow; isNew: boolean }> {
  const control = await controlContainer();
  const name = rowName(pipeline, fresh.hash);
  const written = await create(control, name, JSON.stringify(fresh));
  if (written) return { row: { ...fresh, seen: written }, isNew: true };
  const found = await readJson<Row>(control, name);
  return { row: found ? { ...found.value, seen: found.etag } : fresh, isNew: false };
}

/** Bytes of metadata that a blob may have, with room for its name. */
const MOST_METADATA = 7000;

/** An entry carries its row, unless the blob's name is too long for that. */
async function index(name: string, row: SeenRow): Promise<void> {
  const text = Buffer.from(JSON.stringify(row)).toString('base64url');
  const metadata: Record<string, string> = text.length > MOST_METADATA ? {} : { row: text };
  await put(await controlContainer(), name, '', { metadata });
}

/** The drops that wait, from one listing. An entry without a row that can be read is set aside. */
export async function listPending(pipeline: string): Promise<SeenRow[]> {
  const rows: SeenRow[] = [];
  const prefix = pendingName(pipeline, '');
  for await (const { name, metadata } of list(await controlContainer(), prefix, {
    metadata: true,
  })) {
    const row =
      decodeRow(metadata['row']) ?? (await rowOrAside(pipeline, name.slice(prefix.length)));
    if (row) rows.push(row);
  }
  return rows;
}

/** The drops that were set aside, with the reasons. */
export async function listAside(pipeline: string): Promise<Row[]> {
  const rows: Row[] = [];
  const prefix = asideName(pipeline, '');
  for await (const { name, metadata } of list(await controlContainer(), prefix, {
    metadata: true,
  })) {
    const hash = name.slice(prefix.length);
    const row = decodeRow(metadata['row']) ?? (await readRow(pipeline, hash))?.value;
    if (row) rows.push(row);
  }
  return rows;
}

function decodeRow(text: string | undefined): SeenRow | null {
  if (text === undefined) return null;
  try {
    return JSON.parse(Buffer.from(text, 'base64url').toString()) as SeenRow;
  } catch {
    return null;
  }
}

async function rowOrAside(pipeline: string, hash: string): Promise<SeenRow | null> {
  try {
    const found = await readRow(pipeline, hash);
    if (found) return { ...found.value, seen: found.etag };
    await setAside(pipeline, hash, 'it waits, but its row in the ledger is gone');
  } catch (error) {
    if (!(error instanceof SluiceError) || error.transient) throw error;
    await setAside(pipeline, hash, error.message);
  }
  return null;
}

/** Takes a drop that cannot be worked with out of the way, with the reason, whatever its row says. */
export async function setAside(pipeline: string, hash: string, reason: string): Promise<void> {
  const nameless: Drop = { container: '', name: '', etag: '', size: 0, sequencer: '' };
  const known = await readRow(pipeline, hash).catch(() => null);
  const base = known?.value ?? { ...nameless, hash, arrivedAt: 0 };
  const row: Row = { ...base, state: 'set aside', reason };
  await put(await controlContainer(), rowName(pipeline, hash), JSON.stringify(row));
  await index(asideName(pipeline, hash), row);
  await removePending(pipeline, hash);
}

/** Whether any drop of the pipeline waits. */
export async function hasPending(pipeline: string): Promise<boolean> {
  return (await first(await controlContainer(), pendingName(pipeline, ''), 1)).length > 0;
}

/** Gives up rows that a newer version of their blob replaced before they were claimed. */
export async function supersede(pipeline: string, rows: readonly SeenRow[]): Promise<void> {
  await eachLimited(rows, IN_FLIGHT, async (row) => {
    await moveRow(pipeline, row, { state: 'superseded' });
    await removePending(pipeline, row.hash);
  });
}

/** Marks the rows of a run that has ended. */
export async function finishRows(
  pipeline: string,
  run: string,
  rows: readonly SeenRow[],
): Promise<void> {
  await eachLimited(rows, IN_FLIGHT, async (claimed) => {
    const done: Row = { ...claimed, state: 'done', run };
    if (await writeSeen(pipeline, claimed, done)) return;
    const found = await readRow(pipeline, claimed.hash);
    if (found?.value.state !== 'claimed' || found.value.run !== run) return;
    await writeRow(pipeline, { ...found.value, state: 'done' }, found.etag);
  });
}

/** Moves a row out of pending; returns it as it stands afterwards, whoever moved it. */
export async function moveRow(
  pipeline: string,
  listed: SeenRow | { hash: string },
  to: RowState,
): Promise<SeenRow | null> {
  if ('state' in listed) {
    const moved = { ...listed, ...to } as Row;
    const seen = await writeSeen(pipeline, listed, moved);
    if (seen) return { ...moved, seen };
  }
  for (;;) {
    const found = await readRow(pipeline, listed.hash);
    if (!found) return null;
    if (found.value.state !== 'pending') return { ...found.value, seen: found.etag };
    const moved = { ...found.value, ...to } as Row;
    const seen = await writeRow(pipeline, moved, found.etag);
    if (seen) return { ...moved, seen };
  }
}

/** Writes a row if it is still the version that was seen; null when it is not, or none was. */
async function writeSeen(pipeline: string, { seen }: SeenRow, row: Row): Promise<string | null> {
  return seen ? writeRow(pipeline, row, seen) : null;
}

async function readRow(pipeline: string, hash: string): Promise<Versioned<Row> | null> {
  return readJson<Row>(await controlContainer(), rowName(pipeline, hash));
}

async function writeRow(pipeline: string, row: SeenRow, etag: string): Promise<string | null> {
  const body = JSON.stringify({ ...row, seen: undefined });
  return replace(await controlContainer(), rowName(pipeline, row.hash), body, etag);
}

/** Takes a drop off those that wait. */
export async function removePending(pipeline: string, hash: string): Promise<void> {
  await remove(await controlContainer(), pendingName(pipeline, hash));
}

/** The hash that the row of a drop is named by. */
export function hashOf({
  container,
  name,
  etag,
}: Pick<Drop, 'container' | 'name' | 'etag'>): string {
  return dropHash(blobUrl(container, name), etag);
}

const rowName = (pipeline: string, hash: string): string => `ledger/${pipeline}/rows/${hash}`;
const pendingName = (pipeline: string, hash: string): string =>
  `ledger/${pipeline}/pending/${hash}`;
const asideName = (pipeline: string, hash: string): string => `ledger/${pipeline}/aside/${hash}`;
