import { create, readJson, replace, type Versioned } from '../azure/blobs.ts';
import { controlContainer } from '../azure/storage.ts';
import { isOpen } from './claims.ts';
import { findRun } from './runs.ts';

/**
 * `turns/{pipeline}.json`: the run whose turn it is, where a pipeline's runs may not overlap. Nobody needs to give it
 * back: a turn is over when its run has ended, and the next one takes it by compare and set.
 */
interface Turn {
  run: string;
  /** The generation of the run that it was taken for. */
  generation: number;
  /** When it was taken, in milliseconds since 1970. */
  at: number;
}

/** Longer than a function of ours may take, so whoever took the turn and has not made its run by then never will. */
const MAKING_MS = 11 * 60_000;

/** Takes the turn of a pipeline for a run, or finds that it is this run's already; null then, else the run whose turn it is. */
export async function takeTurn(
  pipeline: string,
  wanted: { run: string; generation: number },
  now: number,
): Promise<string | null> {
  const control = await controlContainer();
  const body = JSON.stringify({ ...wanted, at: now } satisfies Turn);
  for (;;) {
    const standing = await readTurn(pipeline);
    if (!standing) {
      if (await create(control, turnName(pipeline), body)) return null;
      continue;
    }
    const { run, generation } = standing.value;
    if (run === wanted.run && generation === wanted.generation) return null;
    if (await isGoing(pipeline, standing.value, now)) return run;
    if (await replace(control, turnName(pipeline), body, standing.etag)) return null;
  }
}

/** The run of a pipeline that is going or about to be made, where runs may not overlap; null when there is none. */
export async function runningRun(pipeline: string, now: number): Promise<string | null> {
  const turn = (await readTurn(pipeline))?.value;
  return turn && (await isGoing(pipeline, turn, now)) ? turn.run : null;
}

/** Ends the turn of a run, or of a generation of it, whose making came to nothing. */
export async function dropTurn(
  pipeline: string,
  { run, generation }: { run: string; generation: number },
): Promise<void> {
  const standing = await readTurn(pipeline);
  const isOurs = standing?.value.run === run && standing.value.generation === generation;
  if (!isOurs || ((await findRun(run))?.generation ?? 0) >= generation) return;
  // Void by its age, and by compare and set: a delete could hit somebody else's.
  const over = JSON.stringify({ ...standing.value, at: 0 });
  await replace(await controlContainer(), turnName(pipeline), over, standing.etag);
}

/** The claim is looked at first: it is open before its run takes the turn, and closed when the run's record is there. */
async function isGoing(pipeline: string, turn: Turn, now: number): Promise<boolean> {
  if (await isOpen({ pipeline, run: turn.run })) return true;
  const record = await findRun(turn.run);
  if (!record || record.generation < turn.generation) return now - turn.at < MAKING_MS;
  return record.status === 'Running';
}

async function readTurn(pipeline: string): Promise<Versioned<Turn> | null> {
  return readJson<Turn>(await controlContainer(), turnName(pipeline));
}

const turnName = (pipeline: string): string => `turns/${pipeline}.json`;
