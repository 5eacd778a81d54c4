import { randomUUID } from 'node:crypto';
import {
  executionStarted,
  taskCompleted,
  taskFailed,
  type Parent,
  type TaskFailure,
} from '../events.ts';
import { EventType, isTerminal } from '../protocol.ts';
import type { Instance } from '../store/instances.ts';
import type { Store } from '../store/store.ts';

/** A new instance; `input` is a JSON text. */
export interface NewInstance {
  instanceId: string;
  name: string;
  version: string | null;
  input: string;
  parent: Parent | null;
}

/** Why an instance cannot be started: one with its id is still alive. */
export function startConflict(store: Store, instanceId: string): string | undefined {
  const existing = store.instances.get(instanceId);
  if (!existing || isTerminal(existing.status)) return undefined;
  return `An Orchestration instance with the status ${existing.status} already exists.`;
}

/** Writes a new instance, in place of a finished one with the same id. Call in a transaction. */
export function insertInstance(store: Store, given: NewInstance, now: number): void {
  const { instanceId, name, version, input, parent } = given;
  const executionId = randomUUID();
  const generation = nextGeneration(store, instanceId);
  store.history.remove(instanceId);
  store.dropPending(instanceId);
  store.instances.put({
    instanceId,
    executionId,
    generation: 0,
    name,
    version,
    status: 'Pending',
    input,
    output: null,
    customStatus: null,
    createdAt: now,
    updatedAt: now,
    parent,
  });
  const start = { instanceId, executionId, name, version, input, parent, generation };
  store.inbox.add(instanceId, executionId, executionStarted(start, now));
}

/** Azure counts how often an id was started again. */
function nextGeneration(store: Store, instanceId: string): number {
  const replaced = store.instances.get(instanceId);
  if (!replaced) return 0;
  const start = store.history
    .head(replaced)
    .find((event) => event.EventType === EventType.ExecutionStarted);
  return Number(start?.['Generation'] ?? 0) + 1;
}

/** Replaces an execution by the next one of its chain. Call in a transaction. */
export function continueInstance(store: Store, instance: Instance, now: number): void {
  const { instanceId, name, version, input, parent } = instance;
  const executionId = randomUUID().replaceAll('-', '');
  const next: Instance = {
    ...instance,
    executionId,
    generation: instance.generation + 1,
    createdAt: now,
    updatedAt: now,
  };
  store.instances.put(next);
  store.history.trim(next);
  const start = { instanceId, executionId, name, version, input, parent, generation: null };
  store.inbox.add(instanceId, executionId, executionStarted(start, now));
}

/** How an instance has ended; `output` is a JSON text. */
export interface Ending {
  status: 'Completed' | 'Failed' | 'Terminated';
  output: string;
}

/**
 * Ends an instance and tells its parent; gives the parent's id when there is one to wake.
 * Call in a transaction; history is the caller's.
 */
export function finishInstance(
  store: Store,
  instance: Instance,
  ending: Ending,
  now: number,
): string | undefined {
  store.dropPending(instance.instanceId);
  store.instances.put({ ...instance, ...ending, updatedAt: now });
  const { parent } = instance;
  if (!parent || !isWaiting(store, parent)) return undefined;
  const event =
    ending.status === 'Completed'
      ? taskCompleted('SubOrchestrationInstanceCompleted', now, {
          taskId: parent.taskId,
          result: ending.output,
        })
      : taskFailed('SubOrchestrationInstanceFailed', now, {
          taskId: parent.taskId,
          failure: childFailure(instance.name, ending),
        });
  store.inbox.add(parent.instanceId, parent.executionId, event);
  return parent.instanceId;
}

function isWaiting(store: Store, parent: Parent): boolean {
  const instance = store.instances.get(parent.instanceId);
  return instance?.executionId === parent.executionId && !isTerminal(instance.status);
}

function childFailure(name: string, { status, output }: Ending): TaskFailure {
  const reason = String(JSON.parse(output));
  const message = reason.replace(`Orchestrator function '${name}' failed: `, '');
  const details = status === 'Terminated' ? '' : `Message: ${message}, StackTrace: `;
  return { reason, details, failureDetails: null };
}
