import { stackOf } from '../../app/errors.ts';
import type { Invoke } from '../../app/invoke.ts';
import { warnOnce, type Log } from '../../app/log.ts';
import type { RegisteredFunction, Registry } from '../../app/registry.ts';
import type { Clock } from '../../clock.ts';
import { knownFunctions } from '../function-names.ts';
import type { HistoryEvent } from '../protocol.ts';
import type { Store } from '../store/store.ts';
import { createActivityDispatch } from './activity-dispatch.ts';
import { createAlarm } from './alarm.ts';
import { createCommits } from './commits.ts';
import type { EngineContext } from './context.ts';
import { createEntityDispatch } from './entity-dispatch.ts';
import { runEpisode } from './episode.ts';
import { createExecutionCache } from './execution-cache.ts';
import { createOperations, type Operations } from './operations.ts';
import { createReadyQueue } from './ready-queue.ts';

/** The longest that completions are gathered before an episode, in milliseconds. */
const longestGathering = 1_000;

/** How long to wait after an episode could not be written, in milliseconds. */
const againAfter = 1_000;

/** What an engine runs on. */
export interface EngineOptions {
  store: Store;
  registry: Registry;
  invoke: Invoke;
  log: Log;
  clock: Clock;
  maxConcurrentActivities: number;
}

/** A durable engine: the operations of its clients, and its history. */
export interface Engine extends Operations {
  history(instanceId: string): HistoryEvent[];
  /** Goes on with everything that the store says is unfinished. */
  resumeAll(): void;
  /** Starts nothing new and waits for what runs. */
  close(): Promise<void>;
  /** What ends from now on is not written: the store is about to close. */
  abandon(): void;
}

/** Makes an engine over a store; nothing runs before `resumeAll`. */
export function createEngine(options: EngineOptions): Engine {
  const { store, log, registry } = options;
  const commits = createCommits(options);
  const context: EngineContext = {
    ...options,
    warn: warnOnce(log),
    orchestrators: knownFunctions('orchestrator', byName(registry.ofType('orchestrationTrigger'))),
    activities: knownFunctions('activity', byName(registry.ofType('activityTrigger'))),
    entities: knownFunctions('entity', byName(registry.ofType('entityTrigger'))),
    executions: createExecutionCache(store),
    commits,
    wake: (instanceId) => ready.wake(instanceId),
    wakeEntity: (entityId) => entities.wake(entityId),
    dispatch: (tasks) => activities.add(tasks),
    timersChanged: () => alarm.arm(),
  };
  const ready = createReadyQueue({
    run: (instanceId) => runSafely(context, instanceId),
    delayOf: (instanceId) => gatheringTime(context, activities.open(instanceId), instanceId),
  });
  const activities = createActivityDispatch(context, options.maxConcurrentActivities);
  const entities = createEntityDispatch(context);
  const alarm = createAlarm(context);
  return {
    ...createOperations(context),
    history(instanceId) {
      const instance = store.instances.get(instanceId);
      return instance ? store.history.read(instance) : [];
    },
    resumeAll() {
      activities.add(store.activities.all());
      store.inbox.instances().forEach((instanceId) => ready.wake(instanceId));
      store.entities.waiting().forEach((entityId) => entities.wake(entityId));
      alarm.arm();
    },
    async close() {
      alarm.close();
      await ready.close();
      await Promise.all([activities.close(), entities.close()]);
      commits.close();
    },
    abandon: () => commits.abandon(),
  };
}

function byName(functions: RegisteredFunction[]): Map<string, RegisteredFunction> {
  return new Map(functions.map((entry) => [entry.name, entry]));
}

async function runSafely(context: EngineContext, instanceId: string): Promise<void> {
  try {
    await runEpisode(context, instanceId);
  } catch (error) {
    context.executions.forget(instanceId);
    context.log('error', 'host', `Cannot write an episode of ${instanceId}: ${stackOf(error)}`);
    setTimeout(() => context.wake(instanceId), againAfter).unref();
  }
}

/**
 * Each episode replays the whole history, so while more completions are to come they are gathered
 * for as long as the last episode took: at most half of the time goes into replays, and a wide
 * fan-out stays linear.
 */
function gatheringTime(context: EngineContext, open: number, instanceId: string): number {
  if (open === 0) return 0;
  return Math.min(context.executions.costOf(instanceId), longestGathering);
}
