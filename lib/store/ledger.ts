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
  const row = written ? fresh : ((await readJson<Row>(control, name))?.value ?? fresh);
  if (row.state === 'pending') await markPending(pipeline, row);
  return row;
}

async function markPending(pipeline: string, row: Row): Promise<void> {
  const metadata = { row: Buffer.from(JSON.stringify(row)).toString('base64url') };
  await put(await controlContainer(), pendingName(pipeline, row.hash), '', { metadata });
}

/** The drops that wait, from one listing: each entry carries its row. */
export async function listPending(pipeline: string): Promise<Row[]> {
  const rows: Row[] = [];
  for await (const { metadata } of list(await controlContainer(), pendingName(pipeline, ''), {
    metadata: true,
  })) {
    rows.push(JSON.parse(Buffer.from(metadata['row'] ?? '', 'base64url').toString()) as Row);
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
export async function takeRows(claim: Claim): Promise<Row[]> {
  const won: Row[] = [];
  await eachLimited(claim.hashes, IN_FLIGHT, async (hash) => {
    const row = await moveRow(claim.pipeline, hash, { state: 'claimed', run: claim.run });
    if (row && 'run' in row && row.run === claim.run) won.push(row);
    await removePending(claim.pipeline, hash);
  });
  return won;
}

/** Gives up rows that a newer version of their blob replaced before they were claimed. */
export async function supersede(pipeline: string, rows: readonly Row[]): Promise<void> {
  await eachLimited(rows, IN_FLIGHT, async ({ hash }) => {
    await moveRow(pipeline, hash, { state: 'superseded' });
    await removePending(pipeline, hash);
  });
}

/** Marks the rows of a run that has ended. */
export async function finishRows(
  pipeline: string,
  run: string,
  rows: readonly Row[],
): Promise<void> {
  await eachLimited(rows, IN_FLIGHT, async ({ hash }) => {
    const found = await readRow(pipeline, hash);
    const row = found?.value;
    if (!found || row?.state !== 'claimed' || row.run !== run) return;
    await writeRow(pipeline, { ...row, state: 'done' }, found.etag);
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
async function moveRow(pipeline: string, hash: string, to: RowState): Promise<Row | null> {
  for (;;) {
    const found = await readRow(pipeline, hash);
    if (!found || found.value.state !== 'pending') return found?.value ?? null;
    const moved = { ...found.value, ...to } as Row;
    if (await writeRow(pipeline, moved, found.etag)) return moved;
  }
}

async function readRow(pipeline: string, hash: string): Promise<Versioned<Row> | null> {
  return readJson<Row>(await controlContainer(), rowName(pipeline, hash));
}

async function writeRow(pipeline: string, row: Row, etag: string): Promise<string | null> {
  return replace(await controlContainer(), rowName(pipeline, row.hash), JSON.stringify(row), etag);
}

async function removePending(pipeline: string, hash: string): Promise<void> {
  await remove(await controlContainer(), pendingName(pipeline, hash));
}

const OPEN = 'open/';

const rowName = (pipeline: string, hash: string): string => `ledger/${pipeline}/rows/${hash}`;
const pendingName = (pipeline: string, hash: string): string =>
  `ledger/${pipeline}/pending/${hash}`;
const claimName = ({ pipeline, run }: Claim): string => `${OPEN}${pipeline}/${run}.json`;
