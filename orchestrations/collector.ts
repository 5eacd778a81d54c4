import type { OrchestrationContext } from 'durable-functions';
import { addSeconds } from '../lib/plan/duration.ts';
import { call, type Steps } from './call.ts';

/** Seconds that a collector without drops stays, so that the next drop finds it warm. */
const LINGER_SECONDS = 180;
/** Seconds before a look is tried again after a fault. */
const FAULT_SECONDS = 5;

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
  const woken = yield* waitForPoke(context, look.waitSeconds ?? LINGER_SECONDS);
  if (woken || look.waitSeconds !== null) context.df.continueAsNew({ pipeline });
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

/** Whether a poke came within the time. */
function* waitForPoke(context: OrchestrationContext, seconds: number): Steps<boolean> {
  const timer = context.df.createTimer(addSeconds(context.df.currentUtcDateTime, seconds));
  const poked = context.df.waitForExternalEvent('poke');
  const winner = yield context.df.Task.any([poked, timer]);
  if (winner !== poked) return false;
  timer.cancel();
  return true;
}
