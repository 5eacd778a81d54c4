import type { DurableClient } from 'durable-functions';
import { SluiceError } from '../errors.ts';
import { takesTurns } from '../plan/fields/concurrency.ts';
import { hasPending } from '../store/ledger.ts';
import { runPipeline } from '../store/plans.ts';
import type { StoredPipeline } from '../store/pipelines.ts';
import { dropTurn, takeTurn } from '../store/turns.ts';
import type { Activities } from './contract.ts';
import { poke } from './durable.ts';
import { writeManifest } from './manifest.ts';

/**
 * Makes a run, or begins its next generation, once it is its turn, where runs of its pipeline may not overlap. Throws
 * `Conflict` that names the run that is going.
 */
export async function inTurn<T>(
  { name, pipeline }: StoredPipeline,
  wanted: { run: string; generation: number },
  make: () => Promise<T>,
): Promise<T> {
  if (!takesTurns(pipeline)) return make();
  const going = await takeTurn(name, wanted, Date.now());
  if (going !== null) {
    throw new SluiceError(
      'Conflict',
      `Run ${going} is going, and runs of ${name} may not overlap (concurrency: ${pipeline.concurrency}). Ask again when it has ended, or cancel it.`,
    );
  }
  try {
    return await make();
  } catch (error) {
    await dropTurn(name, wanted);
    throw error;
  }
}

/** Writes a run's manifest, with which it has ended, and wakes whoever waits for its turn. */
export async function finish(
  input: Activities['writeManifest']['input'],
  client: DurableClient,
): Promise<null> {
  await writeManifest(input);
  const { name, pipeline } = await runPipeline(input.run);
  if (takesTurns(pipeline) && (await hasPending(name))) await poke(client, name);
  return null;
}
