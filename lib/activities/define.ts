import type { DurableClient } from 'durable-functions';
import { messageOf, SluiceError } from '../errors.ts';
import { breakOff } from './break-off.ts';
import { cleanUp, endJob } from './clean-up.ts';
import { collect } from './collect.ts';
import type { Activities, ActivityName, Answer } from './contract.ts';
import { decide } from './decide.ts';
import { checkInputs, judgeSlab } from './judge.ts';
import { parts } from './manifest.ts';
import { merge } from './merge.ts';
import { writePart } from './part.ts';
import { plan } from './plan.ts';
import { openJob, openPool } from './pool.ts';
import { submit } from './submit.ts';
import { finish } from './turns.ts';
import { watch } from './watch.ts';

type Implementations = {
  [K in ActivityName]: (
    input: Activities[K]['input'],
    client: DurableClient,
  ) => Promise<Activities[K]['output']>;
};

const implementations: Implementations = {
  collect,
  plan,
  openPool,
  openJob,
  submit,
  watch,
  checkInputs,
  judge: judgeSlab,
  decide,
  merge,
  endJob,
  parts,
  writePart,
  writeManifest: finish,
  breakOff,
  cleanUp,
};

/** Every activity by its name. */
export const activityNames = Object.keys(implementations) as ActivityName[];

/**
 * Carries out an activity. A passing fault is thrown, so that whoever drives the run tries again; any other fault is
 * an answer, since trying again would not mend it.
 */
export async function perform<K extends ActivityName>(
  name: K,
  input: Activities[K]['input'],
  client: DurableClient,
): Promise<Answer<K>> {
  try {
    return { ok: true, value: await implementations[name](input, client) };
  } catch (error) {
    if (error instanceof SluiceError && error.transient) throw error;
    const code = error instanceof SluiceError ? error.code : 'Unexpected';
    return { ok: false, error: { code, message: messageOf(error) } };
  }
}
