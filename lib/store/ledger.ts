import {
  create,
  first,
  list,
  put,
  readJson,
  remove,
  replace,
  type Versioned,
} from '../azure/blobs.ts';
import { blobUrl } from '../azure/sas.ts';
import { controlContainer } from '../azure/storage.ts';
import type { Drop } from '../plan/drop.ts';
import { dropHash } from '../plan/ids.ts';
import { eachLimited } from './concurrency.ts';

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

/** `open/{pipeline}/{run}.json`: the intent to put these rows into this run, written before any row is, gone once done. */
export interface Claim {
  run: string;
  pipeline: string;
  claimedAt: string;
  hashes: string[];
}

/** Rows written at once while a claim is carried out. */
const IN_FLIGHT = 16;

/** Writes the row of a drop, first wins, and its place among the pending while it is pending. */
export async function recordDrop(
  pipeline: string,
  drop: Drop,
  options: { now: number; setAside: string | null },
): Promise<Row> {
  const control = await controlContainer();
  const hash = dropHash(blobUrl(drop.container, drop.name), drop.etag);
  const state: RowState = options.setAside
    ? { state: 'set aside', reason: options.setAside }
    : { state: 'pending' };
  const fresh: Row = { ...drop, hash, arrivedAt: options.now, ...state };
  const name = rowName(pipeline, hash);
  const written = await create(control, name, JSON.stringify(fresh));
  const found = written ? null : await readJson<Row>(control, name);
  const row = found?.value ?? fresh;
  const seen = found?.etag ?? written ?? '';
  if (row.state === 'pending') await markPending(pipeline, { ...row, seen });
  return row;
}

async function markPending(pipeline: string, row: SeenRow): Promise<void> {
  const metadata = { row: Buffer.from(JSON.stringify(row)).toString('base64url') };
  await put(await controlContainer(), pendingName(pipeline, row.hash), '', { metadata });
}

/** The drops that wait, from one listing: each entry carries its row. */
export async function listPending(pipeline: string): Promise<SeenRow[]> {
  const rows: SeenRow[] = [];
  for await (const { metadata } of list(await controlContainer(), pendingName(pipeline, ''), {
    metadata: true,
  })) {
    rows.push(JSON.parse(Buffer.from(metadata['row'] ?? '', 'base64url').toString()) as SeenRow);
  }
  return rows;
}

/** Whether any drop of the pipeline waits. */
export async function hasPending(pipeline: string): Promise<boolean> {
  return (await first(await controlContainer(), pendingName(pipeline, ''), 1)).length > 0;
}

/** Writes down that rows are to become a run; nothing is the run's until its row says so. */
export async function openClaim(claim: Claim): Promise<void> {
  await create(await controlContainer(), claimName(claim), JSON.stringify(claim));
}

/** Sets each row of a claim to claimed by its run, where nobody else was first; the run gets those it won. */
export async function takeRows(claim: Claim, listed: readonly SeenRow[] = []): Promise<SeenRow[]> {
  const known = new Map(listed.map((row) => [row.hash, row]));
  const won: SeenRow[] = [];
  await eachLimited(claim.hashes, IN_FLIGHT, async (hash) => {
    const to = { state: 'claimed', run: claim.run } as const;
    const row = await moveRow(claim.pipeline, known.get(hash) ?? { hash }, to);
    if (row && 'run' in row && row.run === claim.run) won.push(row);
    await removePending(claim.pipeline, hash);
  });
  return won;
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

/** Claims that have not been carried out, or not to the end. */
export async function listOpenClaims(): Promise<Claim[]> {
  const control = await controlContainer();
  const claims: Claim[] = [];
  for await (const { name } of list(control, OPEN)) {
    const found = await readJson<Claim>(control, name);
    if (found) claims.push(found.value);
  }
  return claims;
}

/** Ends a claim that has been carried out: its rows are set and its run is going. */
export async function closeClaim(claim: Claim): Promise<void> {
  await remove(await controlContainer(), claimName(claim));
}

/** Moves a row out of pending; returns it as it stands afterwards, whoever moved it. */
async function moveRow(
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

async function removePending(pipeline: string, hash: string): Promise<void> {
  await remove(await controlContainer(), pendingName(pipeline, hash));
}

const OPEN = 'open/';

const rowName = (pipeline: string, hash: string): string => `ledger/${pipeline}/rows/${hash}`;
const pendingName = (pipeline: string, hash: string): string =>
  `ledger/${pipeline}/pending/${hash}`;
const claimName = ({ pipeline, run }: Claim): string => `${OPEN}${pipeline}/${run}.json`;
