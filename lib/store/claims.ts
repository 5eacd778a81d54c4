import { create, list, readJson, remove, stat } from '../azure/blobs.ts';
import { controlContainer } from '../azure/storage.ts';
import { SluiceError } from '../errors.ts';
import { eachLimited } from './concurrency.ts';
import { IN_FLIGHT, moveRow, removePending, type SeenRow, setAside } from './ledger.ts';
import type { StoredPipeline } from './pipelines.ts';

/** `open/{pipeline}/{run}.json`: the intent to put these rows into this run, written before any row is, gone once done. */
export interface Claim {
  run: string;
  pipeline: string;
  /** What the run goes by: the pipeline may be deleted before the claim has been carried out. */
  stored: StoredPipeline;
  claimedAt: string;
  hashes: string[];
  /** The time that a schedule named, in ISO 8601, when it was that which made the rows a run. */
  scheduledFor?: string;
  /** Whether it must be the run's turn before it takes rows. */
  turns?: boolean;
}

/** Writes down that rows are to become a run, first wins; nothing is the run's until its row says so. Returns what stands. */
export async function openClaim(claim: Claim): Promise<Claim> {
  const control = await controlContainer();
  for (;;) {
    if (await create(control, claimName(claim), JSON.stringify(claim))) return claim;
    const found = await readJson<Claim>(control, claimName(claim));
    if (found) return found.value;
  }
}

/** Sets each row of a claim to claimed by its run, where nobody else was first; the run gets those it won. */
export async function takeRows(claim: Claim, listed: readonly SeenRow[] = []): Promise<SeenRow[]> {
  const known = new Map(listed.map((row) => [row.hash, row]));
  const won: SeenRow[] = [];
  await eachLimited(claim.hashes, IN_FLIGHT, async (hash) => {
    const row = await takeRow(claim, known.get(hash) ?? { hash });
    if (row && 'run' in row && row.run === claim.run) won.push(row);
    await removePending(claim.pipeline, hash);
  });
  return won;
}

/** A row that cannot be read is set aside, so that the others go on. */
async function takeRow(
  { pipeline, run }: Claim,
  listed: SeenRow | { hash: string },
): Promise<SeenRow | null> {
  try {
    return await moveRow(pipeline, listed, { state: 'claimed', run });
  } catch (error) {
    if (!(error instanceof SluiceError) || error.transient) throw error;
    await setAside(pipeline, listed.hash, error.message);
    return null;
  }
}

/** Claims that have not been carried out, or not to the end, of one pipeline or of all. */
export async function listOpenClaims(pipeline?: string): Promise<Claim[]> {
  const control = await controlContainer();
  const claims: Claim[] = [];
  const prefix = pipeline === undefined ? OPEN : `${OPEN}${pipeline}/`;
  for await (const { name } of list(control, prefix)) {
    const found = await readJson<Claim>(control, name);
    if (found) claims.push(found.value);
  }
  return claims;
}

/** Whether a claim has not been carried out to its end. */
export async function isOpen(claim: Pick<Claim, 'pipeline' | 'run'>): Promise<boolean> {
  return (await stat(await controlContainer(), claimName(claim))) !== null;
}

/** Ends a claim that has been carried out: its rows are set and its run is going. */
export async function closeClaim(claim: Claim): Promise<void> {
  await remove(await controlContainer(), claimName(claim));
}

const OPEN = 'open/';

const claimName = ({ pipeline, run }: Pick<Claim, 'pipeline' | 'run'>): string =>
  `${OPEN}${pipeline}/${run}.json`;
