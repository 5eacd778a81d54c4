import type { DurableClient } from 'durable-functions';
import { messageOf, SluiceError } from '../errors.ts';
import type { RunError } from '../plan/run.ts';
import { setProgress } from '../store/runs.ts';
import { breakOff } from './break-off.ts';
import { cleanUp, endJob } from './clean-up.ts';
import { collect } from './collect.ts';
import type { Activities, ActivityName, Answer, RunRef } from './contract.ts';
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

/** Carries out an activity. A fault is an answer, too, and people see it until the run moves on. */
export async function perform<K extends ActivityName>(
  name: K,
  input: Activities[K]['input'],
  client: DurableClient,
): Promise<Answer<K>> {
  try {
    return { ok: true, value: await implementations[name](input, client) };
  } catch (error) {
    const code = error instanceof SluiceError ? error.code : 'Unexpected';
    const said = { code, message: messageOf(error) };
    const passes = error instanceof SluiceError && error.transient;
    if ('run' in input && (passes || CLOSING.has(name))) await showFault(input, said);
    if (!passes) return { ok: false, error: said };
    return { ok: false, error: said, retryAfterSeconds: error.retryAfterSeconds };
  }
}

/** Activities that are tried again whatever they answer; a refusal of any other ends the run, and is told as its error. */
const CLOSING: ReadonlySet<ActivityName> = new Set([
  'endJob',
  'parts',
  'writePart',
  'writeManifest',
  'cleanUp',
]);

/** Where storage itself is the fault, nothing can be shown; the run's instance logs each fault as well. */
async function showFault(ref: RunRef, { code, message }: RunError): Promise<void> {
  const fault = { code, message, at: new Date().toISOString() };
  await setProgress(ref, { fault }).catch(() => {});
}
