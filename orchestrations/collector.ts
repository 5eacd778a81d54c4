import type { OrchestrationContext, TimerTask } from 'durable-functions';
import { addSeconds } from '../lib/plan/duration.ts';
import { call, type Steps } from './call.ts';

/** Seconds that a collector without drops stays, so that the next drop finds it warm. */
const LINGER_SECONDS = 180;
/** Seconds before a look is tried again after a fault. */
const FAULT_SECONDS = 5;
/** Seconds between two looks while drops keep coming: a look lists all that wait, so one for each would be quadratic. */
const LOOK_APART_SECONDS = 1;

/**
 * Gathers the drops of one pipeline into runs. Each generation looks once and waits once: pokes that came meanwhile
 * may be lost at continueAsNew, but the next generation looks afresh, so only their number is forgotten.
 */
export function* collector(context: OrchestrationContext): Steps<null> {
  const { pipeline } = context.df.getInput<{ pipeline: string }>();
  const look = yield* lookOnce(context, pipeline);
  if (look.more) {
    context.df.continueAsNew({ pipeline });
    return null;
  }
  if (look.waitSeconds !== null) {
    yield* waitForWindow(context, look.waitSeconds);
    context.df.continueAsNew({ pipeline });
  } else if (yield* waitForPoke(context, LINGER_SECONDS)) {
    context.df.continueAsNew({ pipeline });
  }
  return null;
}

function* lookOnce(
  context: OrchestrationContext,
  pipeline: string,
): Steps<{ waitSeconds: number | null; more: boolean }> {
  try {
    return yield* call(context, 'collect', { pipeline });
  } catch (error) {
    context.log(
      `Collecting drops of ${pipeline} failed, trying again in ${FAULT_SECONDS} s: ${String(error)}`,
    );
    return { waitSeconds: FAULT_SECONDS, more: false };
  }
}

/** Until the window may close: another drop moves that further off, or closes it at once by being the last one to fit. */
function* waitForWindow(context: OrchestrationContext, seconds: number): Steps<void> {
  yield timerIn(context, Math.min(seconds, LOOK_APART_SECONDS));
  if (seconds > LOOK_APART_SECONDS) yield* waitForPoke(context, seconds - LOOK_APART_SECONDS);
}

/** Whether a poke came within the time. */
function* waitForPoke(context: OrchestrationContext, seconds: number): Steps<boolean> {
  const timer = timerIn(context, seconds);
  const poked = context.df.waitForExternalEvent('poke');
  const winner = yield context.df.Task.any([poked, timer]);
  if (winner !== poked) return false;
  timer.cancel();
  return true;
}

function timerIn(context: OrchestrationContext, seconds: number): TimerTask {
  return context.df.createTimer(addSeconds(context.df.currentUtcDateTime, seconds));
}
