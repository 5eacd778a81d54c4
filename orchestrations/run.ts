import type { OrchestrationContext, Task } from 'durable-functions';
import type { PartSummary } from '../lib/activities/contract.ts';
import { addSeconds } from '../lib/plan/duration.ts';
import type { Slab } from '../lib/plan/plan.ts';
import type { Pace } from '../lib/plan/poll.ts';
import type { RunError } from '../lib/plan/run.ts';
import { ActivityPostponed, ActivityRefused, call, callEach, type Steps } from './call.ts';

/** Where a run is between two turns; small, whatever the number of items, since it goes through continueAsNew. */
export interface RunState {
  run: string;
  epoch: number;
  step: StepName;
  job: string | null;
  round: number;
  slabs: Slab[];
  pace: Pace | null;
  error: RunError | null;
  /** Seconds that are left of a wait before a round. */
  rest: number;
  /** Turns of this step that failed in a row, and those of them since when it was refused for good each time. */
  faults: number;
  refusals: number;
}

type StepName = keyof typeof STEPS | 'done';
type Step = (context: OrchestrationContext, state: RunState, waker: Waker) => Steps<RunState>;

/** Turns between two fresh histories: a turn is some ten events, so a replay stays within milliseconds. */
const TURNS = 80;
/** Slabs from which on a turn that does something to each of them is followed by a fresh history. */
const WIDE = 20;
/** Seconds between two looks at something that Batch is ending or deleting, at first and at most. */
const FIRST_PAUSE_SECONDS = 0.3;
const LONGEST_PAUSE_SECONDS = 30;
const LONGEST_FAULT_SECONDS = 60;
/** Seconds that a run may sleep at a stretch: one that has not moved for a quarter of an hour counts as stuck. */
const LONGEST_SLEEP_SECONDS = 300;

const STEPS = {
  plan,
  pool,
  job,
  rest,
  submit,
  watch,
  decide,
  merge,
  watchMerge,
  end,
  manifest,
  breakOff,
  cleanUp,
} satisfies Record<string, Step>;
/** Somebody else drives the run now, or its records are gone, and nobody can ask what became of it. */
const LET_GO: ReadonlySet<string> = new Set(['Fenced', 'NotFound']);
/** From here on a fault cannot break the run off, only delay it, unless it stays. */
const CLOSING: ReadonlySet<StepName> = new Set(['end', 'manifest', 'breakOff', 'cleanUp']);
/** Refusals in a row, over a quarter of an hour, after which a run ends without what is refused, rather than pay for its pool. */
const MOST_REFUSALS = 20;
/** Refusals after which one goes without a manifest that ends because of just such a refusal. */
const MOST_OF_THE_SAME = 2;

/** Drives a run through its steps, each of which may be repeated from what storage and Batch know. */
export function* run(context: OrchestrationContext): Steps<null> {
  let state = initial(context.df.getInput<Partial<RunState> & { run: string; epoch: number }>());
  const waker: Waker = { event: context.df.waitForExternalEvent('wake') };
  for (let turn = 0; state.step !== 'done'; turn++) {
    const { step, slabs } = state;
    if (turn === TURNS) return startAfresh(context, state);
    state = yield* guarded(context, state, waker);
    if (slabs.length > WIDE && step !== state.step) return startAfresh(context, state);
  }
  return null;
}

function startAfresh(context: OrchestrationContext, state: RunState): null {
  context.df.continueAsNew(state);
  return null;
}

function initial(input: Partial<RunState> & { run: string; epoch: number }): RunState {
  const fresh = {
    step: 'plan' as const,
    job: null,
    round: 1,
    slabs: [],
    pace: null,
    error: null,
    rest: 0,
    faults: 0,
    refusals: 0,
  };
  return { ...fresh, ...input };
}

/** One turn. Passing faults are waited out; others end the run, with what it has. */
function* guarded(context: OrchestrationContext, state: RunState, waker: Waker): Steps<RunState> {
  if (state.step === 'done') return state;
  try {
    return { ...(yield* STEPS[state.step](context, state, waker)), ...NO_FAULTS };
  } catch (fault) {
    const refused = fault instanceof ActivityRefused ? fault.error : null;
    if (refused && LET_GO.has(refused.code)) return { ...state, step: 'done' };
    if (refused?.code === 'Ended') return { ...state, step: 'cleanUp', pace: null, ...NO_FAULTS };
    if (refused && !CLOSING.has(state.step)) {
      return { ...state, step: 'end', error: refused, pace: null, ...NO_FAULTS };
    }
    if (refused && isHopeless(state, refused)) {
      return { ...state, step: 'breakOff', error: refused, pace: null, ...NO_FAULTS };
    }
    context.log(`Run ${state.run}, step ${state.step}: ${String(fault)}; trying again.`);
    const asked = fault instanceof ActivityPostponed ? fault.seconds : 0;
    const seconds = Math.max(asked, Math.min(2 ** state.faults, LONGEST_FAULT_SECONDS));
    yield* sleep(context, Math.min(seconds, LONGEST_SLEEP_SECONDS), waker);
    const refusals = refused ? state.refusals + 1 : 0;
    return { ...state, faults: state.faults + 1, refusals };
  }
}

const NO_FAULTS = { faults: 0, refusals: 0 };

/** Whether the run would never come to a manifest. */
function isHopeless({ step, refusals, error }: RunState, refused: RunError): boolean {
  if (step === 'end') return refusals >= MOST_REFUSALS;
  if (step !== 'manifest') return false;
  const same = error?.code === refused.code && error.message === refused.message;
  const most = same ? MOST_OF_THE_SAME : MOST_REFUSALS;
  return refused.code === 'CorruptRecord' || refusals >= most;
}

function* plan(context: OrchestrationContext, state: RunState): Steps<RunState> {
  const { ended, closing, round, slabs } = yield* call(context, 'plan', ref(state));
  if (ended) return { ...state, step: 'cleanUp' };
  if (closing) return { ...state, ...closing, slabs, step: 'end' };
  return { ...state, round, slabs, step: 'pool' };
}

function* pool(context: OrchestrationContext, state: RunState, waker: Waker): Steps<RunState> {
  const { opened } = yield* call(context, 'openPool', ref(state));
  return opened ? { ...state, pace: null, step: 'job' } : yield* pause(context, state, waker);
}

function* job(context: OrchestrationContext, state: RunState, waker: Waker): Steps<RunState> {
  const opened = yield* call(context, 'openJob', ref(state));
  if (opened.job === null) return yield* pause(context, state, waker);
  return { ...state, job: opened.job, pace: null, step: 'submit' };
}

/** Waits before a round, turn by turn; a waker ends that, whatever is left. */
function* rest(context: OrchestrationContext, state: RunState, waker: Waker): Steps<RunState> {
  const seconds = Math.min(state.rest, LONGEST_SLEEP_SECONDS);
  const woken = yield* sleep(context, seconds, waker);
  const left = woken ? 0 : state.rest - seconds;
  return { ...state, rest: left, step: left > 0 ? 'rest' : 'submit' };
}

function* submit(context: OrchestrationContext, state: RunState): Steps<RunState> {
  const inputs = state.slabs.map((slab) => ({ ...jobRef(state), slab }));
  yield* callEach(context, 'submit', inputs);
  return { ...state, pace: null, step: 'watch' };
}

function* watch(context: OrchestrationContext, state: RunState, waker: Waker): Steps<RunState> {
  return yield* look(context, state, { next: 'decide', waker });
}

function* decide(context: OrchestrationContext, state: RunState): Steps<RunState> {
  const { round, slabs } = state;
  yield* call(context, 'checkInputs', { ...ref(state), round, slabs });
  const inputs = slabs.map((slab) => ({ ...jobRef(state), round, slab }));
  yield* callEach(context, 'judge', inputs);
  const next = yield* call(context, 'decide', { ...ref(state), round, slabs });
  if (next.error) return { ...state, error: next.error, pace: null, step: 'end' };
  if (next.slabs.length === 0) return { ...state, step: 'merge' };
  const step = next.waitSeconds > 0 ? 'rest' : 'submit';
  return { ...state, slabs: next.slabs, round: round + 1, rest: next.waitSeconds, step };
}

function* merge(context: OrchestrationContext, state: RunState, waker: Waker): Steps<RunState> {
  const { submitted, waitSeconds } = yield* call(context, 'merge', jobRef(state));
  if (waitSeconds > 0) {
    yield* sleep(context, Math.min(waitSeconds, LONGEST_SLEEP_SECONDS), waker);
    return { ...state, pace: null };
  }
  return { ...state, pace: null, step: submitted ? 'watchMerge' : 'end' };
}

function* watchMerge(
  context: OrchestrationContext,
  state: RunState,
  waker: Waker,
): Steps<RunState> {
  return yield* look(context, state, { next: 'merge', waker });
}

function* end(context: OrchestrationContext, state: RunState): Steps<RunState> {
  const { job: carried, error } = state;
  const { ended, job: last } = yield* call(context, 'endJob', {
    ...ref(state),
    job: carried,
    error,
  });
  // Which it was is taken over at the end alone: there may be several, all of which must have ended.
  if (ended) return { ...state, job: last ?? carried, pace: null, step: 'manifest' };
  return yield* pause(context, state);
}

function* manifest(context: OrchestrationContext, state: RunState): Steps<RunState> {
  const { job: carried, error } = state;
  const { parts } = yield* call(context, 'parts', ref(state));
  const inputs = parts.map((part) => ({ ...ref(state), job: carried, part, error }));
  const written: PartSummary[] = yield* callEach(context, 'writePart', inputs);
  yield* call(context, 'writeManifest', { ...ref(state), parts: written, error });
  return { ...state, pace: null, step: 'cleanUp' };
}

/** Without its records a run has no manifest, and repeating the step would not bring them back. */
function* breakOff(context: OrchestrationContext, state: RunState): Steps<RunState> {
  if (state.error) yield* call(context, 'breakOff', { ...ref(state), error: state.error });
  return { ...state, pace: null, step: 'cleanUp' };
}

function* cleanUp(context: OrchestrationContext, state: RunState): Steps<RunState> {
  const { gone } = yield* call(context, 'cleanUp', { ...ref(state), job: state.job });
  if (gone) return { ...state, step: 'done' };
  return yield* pause(context, state);
}

/** A pause that grows from look to look: Azure takes a second to end a job, and minutes to delete a pool. */
function* pause(context: OrchestrationContext, state: RunState, waker?: Waker): Steps<RunState> {
  const delay = Math.min(
    (state.pace?.delay ?? FIRST_PAUSE_SECONDS / 1.6) * 1.6,
    LONGEST_PAUSE_SECONDS,
  );
  yield* sleep(context, delay, waker);
  return { ...state, pace: { delay, completed: 0 } };
}

/** One look at the job, and a pause unless everything is done or it is useless to go on. */
function* look(
  context: OrchestrationContext,
  state: RunState,
  { next, waker }: { next: StepName; waker: Waker },
): Steps<RunState> {
  const { done, pace, error } = yield* call(context, 'watch', {
    ...jobRef(state),
    pace: state.pace,
  });
  if (done) return { ...state, pace: null, step: next };
  if (error) return { ...state, pace: null, error, step: 'end' };
  yield* sleep(context, pace.delay, waker);
  return { ...state, pace };
}

/**
 * The event that a run is woken by when there is something to find in its record. One wait for it lasts over many sleeps
 * until it comes: of several waits the newest takes an event, so with one for each sleep an event that comes while an
 * activity runs would be taken by a wait that is over.
 */
interface Waker {
  event: Task;
}

/** Sleeps; a waker cuts that short, and true tells so. */
function* sleep(context: OrchestrationContext, seconds: number, waker?: Waker): Steps<boolean> {
  // It came while an activity ran. A Task.any over a task that is complete already would not notice (durable-functions 3.5.0).
  if (waker?.event.isCompleted) return waitAgain(context, waker);
  const timer = context.df.createTimer(addSeconds(context.df.currentUtcDateTime, seconds));
  if (!waker) {
    yield timer;
    return false;
  }
  const winner = yield context.df.Task.any([timer, waker.event]);
  if (winner !== waker.event) return false;
  timer.cancel();
  return waitAgain(context, waker);
}

function waitAgain(context: OrchestrationContext, waker: Waker): true {
  waker.event = context.df.waitForExternalEvent('wake');
  return true;
}

function ref({ run: id, epoch }: RunState): { run: string; epoch: number } {
  return { run: id, epoch };
}

function jobRef(state: RunState): { run: string; epoch: number; job: string } {
  return { ...ref(state), job: state.job ?? '' };
}
