import { messageOf, stackOf } from '../../app/errors.ts';
import { decide, failedDecision, type Decision } from '../decide.ts';
import { historyEvent } from '../events.ts';
import { extend, type Execution } from '../execution.ts';
import { EventType, isTerminal, type HistoryEvent } from '../protocol.ts';
import { replay } from '../replay.ts';
import type { Instance } from '../store/instances.ts';
import type { InboxEntry } from '../store/pending.ts';
import { commitEpisode } from './commit.ts';
import type { EngineContext } from './context.ts';

/** Everything one episode has read and decided. */
export interface Episode {
  instance: Instance;
  entries: InboxEntry[];
  /** Events that were played for the first time, OrchestratorStarted before them. */
  arrived: HistoryEvent[];
  execution: Execution;
  decision: Decision;
  now: number;
}

/** Runs the next episode of an instance, if it has one to run, and commits what follows from it. */
export async function runEpisode(context: EngineContext, instanceId: string): Promise<void> {
  const instance = context.store.instances.get(instanceId);
  if (!instance || isTerminal(instance.status) || instance.status === 'Suspended') return;
  const entries = await takeInbox(context, instance);
  if (entries.length === 0) return;

  const now = context.clock.now();
  const started = performance.now();
  const execution = context.executions.load(instance);
  const isReplaying = execution.played.length > 0;
  const arrived = [historyEvent('OrchestratorStarted', now), ...inOrder(entries)];
  extend(execution, arrived);
  const decision = await decideEpisode(context, { instance, execution, isReplaying, now });
  const episode = { instance, entries, arrived, execution, decision, now };
  if (!(await commitEpisode(context, episode))) context.executions.forget(instanceId);
  context.executions.took(instanceId, performance.now() - started);
}

/** The entries for the execution that is running; those for earlier ones are thrown away. */
async function takeInbox(
  { store, commits }: EngineContext,
  instance: Instance,
): Promise<InboxEntry[]> {
  const all = store.inbox.read(instance.instanceId);
  const stale = all.filter(
    (entry) => entry.executionId && entry.executionId !== instance.executionId,
  );
  if (stale.length === 0) return all;
  await commits.add(() => stale.forEach((entry) => store.inbox.removeEntry(entry.id)));
  return all.filter((entry) => !stale.includes(entry));
}

// An event may have been raised before the first episode; nothing may be played before the start.
function inOrder(entries: InboxEntry[]): HistoryEvent[] {
  const events = entries.map((entry) => entry.event);
  const start = events.findIndex((event) => event.EventType === EventType.ExecutionStarted);
  return start <= 0 ? events : [...events.splice(start, 1), ...events];
}

type Situation = Pick<Episode, 'instance' | 'execution' | 'now'> & { isReplaying: boolean };

async function decideEpisode(context: EngineContext, situation: Situation): Promise<Decision> {
  const { instance, execution, isReplaying, now } = situation;
  const orchestrator = context.orchestrators.get(instance.name);
  if (!orchestrator) {
    const reason = context.orchestrators.unknown(instance.name);
    return failedDecision(`Orchestrator function '${instance.name}' failed: ${reason}`);
  }
  try {
    const replayed = await replay(context.invoke, {
      function: orchestrator,
      instanceId: instance.instanceId,
      parentInstanceId: instance.parent?.instanceId ?? null,
      input: instance.input,
      events: execution.played,
      isReplaying,
    });
    const { orchestrators, activities, entities } = context;
    const { instanceId, name } = instance;
    return decide(
      { instanceId, name, execution, orchestrators, activities, entities, now },
      replayed,
    );
  } catch (error) {
    context.log('error', instance.name, `Instance ${instance.instanceId}: ${stackOf(error)}`);
    return failedDecision(`Orchestrator function '${instance.name}' failed: ${messageOf(error)}`);
  }
}
