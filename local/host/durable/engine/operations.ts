import { randomUUID } from 'node:crypto';
import { schedulerId, type EntityId } from '../entities/entity-id.ts';
import type { EntityMessage } from '../entities/messages.ts';
import { executionCompleted, historyEvent } from '../events.ts';
import { EventType, isTerminal, type HistoryEvent } from '../protocol.ts';
import type { EntityFilter, EntityState } from '../store/entities.ts';
import type { Instance, InstanceFilter } from '../store/instances.ts';
import type { EngineContext } from './context.ts';
import { finishInstance, insertInstance, startConflict } from './lifecycle.ts';

/** What to start; `input` is a JSON text, and an id is made up when none is given. */
export interface StartRequest {
  name: string;
  instanceId?: string | undefined;
  version?: string | undefined;
  input: string;
}

/** The outcome of an operation on one instance. */
export type Outcome = 'done' | 'unknown' | 'finished';

/** What clients can do with orchestrations. */
export interface Operations {
  start(request: StartRequest): Promise<{ instanceId: string } | { conflict: string }>;
  raiseEvent(instanceId: string, name: string, input: string): Promise<Outcome>;
  terminate(instanceId: string, reason: string | null): Promise<Outcome>;
  /** Refused when it is suspended already. */
  suspend(instanceId: string, reason: string | null): Promise<Outcome | 'refused'>;
  /** Refused when it is not suspended. */
  resume(instanceId: string, reason: string | null): Promise<Outcome | 'refused'>;
  /** Deletes finished instances with their history; gives how many. */
  purge(instances: Instance[]): number;
  get(instanceId: string): Instance | undefined;
  list(filter: InstanceFilter): Instance[];
  /** Sends an operation; gives why it cannot be when there is no such entity. */
  signalEntity(id: EntityId, operation: string, input: string | null): Promise<string | undefined>;
  getEntity(id: EntityId): EntityState | undefined;
  listEntities(filter: EntityFilter): EntityState[];
}

/**
 * Makes the operations on an engine's store. Each is written whole or not at all, together with what
 * else is ready then, before it resolves; rejects with DiskTrouble when the disk takes no writes.
 */
export function createOperations(context: EngineContext): Operations {
  const { store } = context;
  return {
    start: (request) => start(context, request),
    raiseEvent: (instanceId, name, input) =>
      change<never>(context, instanceId, () => raise(context, { instanceId, name, input })),
    terminate: (instanceId, reason) =>
      change<never>(context, instanceId, (instance) => terminate(context, instance, reason)),
    suspend: (instanceId, reason) =>
      change(context, instanceId, (instance) => suspend(context, instance, reason)),
    resume: (instanceId, reason) =>
      change(context, instanceId, (instance) => resume(context, instance, reason)),
    purge: (instances) => purge(context, instances),
    get: (instanceId) => store.instances.get(instanceId),
    list: (filter) => store.instances.list(filter),
    signalEntity: (id, operation, input) => signalEntity(context, id, { operation, input }),
    getEntity: (id) => store.entities.get(schedulerId(id)),
    listEntities: (filter) => store.entities.list(filter),
  };
}

async function start(
  context: EngineContext,
  { name, version, input, ...given }: StartRequest,
): ReturnType<Operations['start']> {
  const instanceId = given.instanceId ?? randomUUID().replaceAll('-', '');
  const { store, clock, commits } = context;
  const conflict = await commits.ask(() => {
    const reason = startConflict(store, instanceId);
    if (reason !== undefined) return reason;
    const instance = { instanceId, name, version: version ?? null, input, parent: null };
    return insertInstance(store, instance, clock.now());
  });
  if (typeof conflict === 'string') return { conflict };
  context.executions.forget(instanceId);
  context.wake(instanceId);
  return { instanceId };
}

async function signalEntity(
  { store, commits, entities, wakeEntity }: EngineContext,
  id: EntityId,
  { operation, input }: Pick<EntityMessage, 'operation' | 'input'>,
): Promise<string | undefined> {
  if (!entities.get(id.name)) return entities.unknown(id.name);
  const entityId = schedulerId(id);
  const message = { id: randomUUID(), operation, input, caller: null };
  await commits.ask(() => store.entities.send(entityId, message));
  wakeEntity(entityId);
  return undefined;
}

/** Applies `apply` to an instance that has not ended, and wakes whom it names once that is committed. */
async function change<Refused extends 'refused'>(
  context: EngineContext,
  instanceId: string,
  apply: (instance: Instance) => string[] | Refused,
): Promise<Outcome | Refused> {
  const { store, commits } = context;
  const result = await commits.ask((): string[] | Outcome | Refused => {
    const instance = store.instances.get(instanceId);
    if (!instance) return 'unknown';
    return isTerminal(instance.status) ? 'finished' : apply(instance);
  });
  if (typeof result === 'string') return result;
  result.forEach((woken) => context.wake(woken));
  return 'done';
}

interface Raised {
  instanceId: string;
  name: string;
  input: string;
}

function raise({ store, clock }: EngineContext, { instanceId, name, input }: Raised): string[] {
  const fields = { Name: name, Input: input, ParentTraceContext: null };
  store.inbox.add(instanceId, null, historyEvent('EventRaised', clock.now(), fields));
  return [instanceId];
}

function terminate(context: EngineContext, instance: Instance, reason: string | null): string[] {
  const { store, clock, executions } = context;
  const now = clock.now();
  const output = JSON.stringify(reason);
  store.history.append(instance, [
    ...unplayedStart(context, instance),
    historyEvent('ExecutionTerminated', now, { Input: reason }),
    executionCompleted(now, 'Terminated', output),
  ]);
  const parent = finishInstance(store, instance, { status: 'Terminated', output }, now);
  executions.forget(instance.instanceId);
  return parent === undefined ? [] : [parent];
}

/** The start of an instance that ends before its first episode: its history begins with it too. */
function unplayedStart({ store }: EngineContext, { instanceId }: Instance): HistoryEvent[] {
  const waiting = store.inbox.read(instanceId).map(({ event }) => event);
  return waiting.filter((event) => event.EventType === EventType.ExecutionStarted);
}

function suspend(
  { store, clock }: EngineContext,
  instance: Instance,
  reason: string | null,
): string[] | 'refused' {
  if (instance.status === 'Suspended') return 'refused';
  const updatedAt = clock.now();
  store.history.append(instance, [
    historyEvent('ExecutionSuspended', updatedAt, { Reason: reason }),
  ]);
  // The reason stands in the output while the instance is suspended, as in Azure.
  const output = JSON.stringify(reason);
  store.instances.put({ ...instance, status: 'Suspended', output, updatedAt });
  return [];
}

function resume(
  { store, clock }: EngineContext,
  instance: Instance,
  reason: string | null,
): string[] | 'refused' {
  if (instance.status !== 'Suspended') return 'refused';
  const updatedAt = clock.now();
  store.history.append(instance, [historyEvent('ExecutionResumed', updatedAt, { Reason: reason })]);
  store.instances.put({ ...instance, status: 'Running', output: null, updatedAt });
  return [instance.instanceId];
}

function purge({ store, executions }: EngineContext, instances: Instance[]): number {
  store.transaction(() => {
    for (const { instanceId } of instances) {
      store.instances.remove(instanceId);
      store.history.remove(instanceId);
      store.dropPending(instanceId);
      executions.forget(instanceId);
    }
  });
  return instances.length;
}
