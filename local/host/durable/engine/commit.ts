import { executionCompleted, historyEvent, taskFailed } from '../events.ts';
import type { ChildStart, Decision } from '../decide.ts';
import { extend } from '../execution.ts';
import { isTerminal, type HistoryEvent } from '../protocol.ts';
import type { Instance } from '../store/instances.ts';
import type { ActivityTask } from '../store/pending.ts';
import type { EngineContext } from './context.ts';
import type { Episode } from './episode.ts';
import { continueInstance, finishInstance, insertInstance, startConflict } from './lifecycle.ts';

type Consequences = Omit<Effects, 'added' | 'entities'>;

/** What is to be done once an episode is committed. */
interface Effects {
  /** Events that history has got besides those that had arrived. */
  added: HistoryEvent[];
  wake: string[];
  /** Scheduler ids of entities that were told something. */
  entities: string[];
  dispatch: ActivityTask[];
  forget: boolean;
}

/**
 * Writes in one transaction what an episode leads to, and only then acts on it.
 * False when the instance was ended or replaced meanwhile: then nothing is written.
 */
export async function commitEpisode(context: EngineContext, episode: Episode): Promise<boolean> {
  const effects = await context.commits.add(() => writeEpisode(context, episode));
  if (!effects) return false;
  const { instance, decision } = episode;
  extend(episode.execution, effects.added);
  for (const { key, message } of decision.warnings) context.warn(key, instance.name, message);
  if (effects.forget) context.executions.forget(instance.instanceId);
  context.dispatch(effects.dispatch);
  if (decision.timers.length > 0) context.timersChanged();
  effects.wake.forEach((instanceId) => context.wake(instanceId));
  effects.entities.forEach((entityId) => context.wakeEntity(entityId));
  return true;
}

function writeEpisode(context: EngineContext, episode: Episode): Effects | undefined {
  const { store } = context;
  const { entries, decision } = episode;
  const current = store.instances.get(episode.instance.instanceId);
  if (!current || current.executionId !== episode.instance.executionId) return undefined;
  if (isTerminal(current.status)) return undefined;

  for (const entry of entries) store.inbox.removeEntry(entry.id);
  const added = writeHistory(context, episode);
  for (const taskId of decision.cancelledTimers) store.timers.remove({ ...current, taskId });
  const instance: Instance = {
    ...current,
    customStatus: decision.customStatus,
    status: current.status === 'Suspended' ? 'Suspended' : 'Running',
    updatedAt: episode.now,
  };
  const effects = decision.end
    ? writeEnd(context, episode, instance)
    : writeTasks(context, episode, instance);
  return { ...effects, added, entities: writeMessages(context, decision) };
}

function writeMessages({ store }: EngineContext, { messages }: Decision): string[] {
  for (const { target, message } of messages) store.entities.send(target, message);
  return [...new Set(messages.map(({ target }) => target))];
}

function writeHistory({ store }: EngineContext, episode: Episode): HistoryEvent[] {
  const { instance, arrived, decision, now } = episode;
  const added = [
    ...decision.events,
    historyEvent('OrchestratorCompleted', now),
    ...endEvents(episode),
  ];
  store.history.append(instance, [...arrived, ...added]);
  return added;
}

function endEvents({ decision: { end }, now }: Episode): HistoryEvent[] {
  if (!end) return [];
  return end.status === 'ContinuedAsNew'
    ? [historyEvent('ContinueAsNew', now, { Result: end.input })]
    : [executionCompleted(now, end.status, end.output)];
}

function writeEnd(context: EngineContext, episode: Episode, instance: Instance): Consequences {
  const { end } = episode.decision;
  if (end?.status === 'ContinuedAsNew') {
    continueInstance(context.store, { ...instance, input: end.input }, episode.now);
    return { wake: [instance.instanceId], dispatch: [], forget: true };
  }
  const ending = { status: end?.status ?? 'Failed', output: end?.output ?? 'null' };
  const parent = finishInstance(context.store, instance, ending, episode.now);
  return { wake: parent === undefined ? [] : [parent], dispatch: [], forget: true };
}

function writeTasks(context: EngineContext, episode: Episode, instance: Instance): Consequences {
  const { store } = context;
  const { decision, now } = episode;
  const { instanceId, executionId } = instance;
  store.instances.put(instance);
  const dispatch = decision.activities.map((task) => ({ ...task, instanceId, executionId }));
  for (const task of dispatch) store.activities.add(task);
  for (const timer of decision.timers) store.timers.add({ ...timer, instanceId, executionId });
  for (const event of decision.replies) store.inbox.add(instanceId, executionId, event);
  const wake = decision.replies.length > 0 ? [instanceId] : [];
  for (const child of decision.children) wake.push(startChild(context, instance, { child, now }));
  return { wake, dispatch, forget: false };
}

/** Starts a sub-orchestration, or tells the parent at once that it cannot be; gives whom to wake. */
function startChild(
  { store }: EngineContext,
  instance: Instance,
  { child, now }: { child: ChildStart; now: number },
): string {
  const { taskId, instanceId, name, version, input } = child;
  const parent = { instanceId: instance.instanceId, executionId: instance.executionId, taskId };
  const conflict =
    instanceId === instance.instanceId || instanceId === instance.parent?.instanceId
      ? `The instance id "${instanceId}" of a sub-orchestration is that of its parent.`
      : startConflict(store, instanceId);
  if (conflict === undefined) {
    insertInstance(store, { instanceId, name, version, input, parent }, now);
    return instanceId;
  }
  const failure = { reason: conflict, details: '', failureDetails: null };
  const event = taskFailed('SubOrchestrationInstanceFailed', now, { taskId, failure });
  store.inbox.add(parent.instanceId, parent.executionId, event);
  return parent.instanceId;
}
