import { stackOf } from '../../app/errors.ts';
import { historyEvent } from '../events.ts';
import type { EngineContext } from './context.ts';

/** How long to wait before timers that could not be fired are tried again, in milliseconds. */
const againAfter = 1_000;

export interface Alarm {
  /** Looks again when the next timer is due. */
  arm(): void;
  close(): void;
}

/** Fires durable timers when they are due. */
export function createAlarm(context: EngineContext): Alarm {
  let cancel: (() => void) | undefined;
  let armedFor = Infinity;
  let closed = false;

  const armAt = (time: number): void => {
    cancel?.();
    armedFor = time;
    cancel = context.clock.at(time, () => void ring());
  };
  const arm = (): void => {
    if (closed) return;
    const next = context.store.timers.next() ?? Infinity;
    if (next < armedFor) armAt(next);
  };
  const ring = async (): Promise<void> => {
    if (closed) return;
    try {
      const fired = await context.commits.add(() => fireDue(context));
      fired.forEach((instanceId) => context.wake(instanceId));
      armedFor = Infinity;
      arm();
    } catch (error) {
      context.log('error', 'host', `Cannot fire timers: ${stackOf(error)}`);
      armAt(context.clock.now() + againAfter);
    }
  };
  return {
    arm,
    close() {
      closed = true;
      cancel?.();
    },
  };
}

function fireDue({ store, clock }: EngineContext): Set<string> {
  const now = clock.now();
  const due = store.timers.due(now);
  for (const timer of due) {
    store.timers.remove(timer);
    const FireAt = new Date(timer.fireAt).toISOString();
    const event = historyEvent('TimerFired', now, { TimerId: timer.taskId, FireAt });
    store.inbox.add(timer.instanceId, timer.executionId, event);
  }
  return new Set(due.map((timer) => timer.instanceId));
}
