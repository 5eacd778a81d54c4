import { randomUUID } from 'node:crypto';
import { messageOf } from '../../app/errors.ts';
import { batchResult, entityTrigger, longestBatch, type BatchResult } from '../entities/batch.ts';
import { toEntityId } from '../entities/entity-id.ts';
import { entityReply } from '../entities/messages.ts';
import { isTerminal } from '../protocol.ts';
import type { EntityInboxEntry } from '../store/entities.ts';
import type { EngineContext } from './context.ts';
import { createReadyQueue } from './ready-queue.ts';

/** How long to wait after the results of a batch could not be written, in milliseconds. */
const againAfter = 1_000;

export interface EntityDispatch {
  /** Says that an entity has messages waiting. */
  wake(entityId: string): void;
  /** Starts no more; resolves once the batches that run have ended. */
  close(): Promise<void>;
}

/** Runs entities: one batch at a time for each, in the order the messages came. */
export function createEntityDispatch(context: EngineContext): EntityDispatch {
  const runSafely = async (entityId: string): Promise<void> => {
    try {
      await runBatch(context, entityId);
    } catch (error) {
      context.log('error', 'host', `Cannot write a batch of ${entityId}: ${messageOf(error)}`);
      setTimeout(() => ready.wake(entityId), againAfter).unref();
    }
  };
  const ready = createReadyQueue({ run: runSafely, delayOf: () => 0 });
  return {
    wake: (entityId) => ready.wake(entityId),
    close: () => ready.close(),
  };
}

async function runBatch(context: EngineContext, entityId: string): Promise<void> {
  const entries = context.store.entities.inbox(entityId, longestBatch);
  if (entries.length === 0) return;
  const result = await invokeEntity(context, entityId, entries);
  const woken = await keepBatch(context, entityId, entries, result);
  warnOfLostErrors(context, entityId, result);
  woken.instances.forEach((instanceId) => context.wake(instanceId));
  woken.entities.forEach((each) => context.wakeEntity(each));
  if (entries.length === longestBatch) context.wakeEntity(entityId);
}

/** A batch that failed as a whole: its operations fail, and the state stays as it was. */
interface Broken {
  message: string;
}

async function invokeEntity(
  context: EngineContext,
  entityId: string,
  entries: EntityInboxEntry[],
): Promise<BatchResult | Broken> {
  const { name } = toEntityId(entityId);
  const entity = context.entities.get(name);
  if (!entity) return { message: context.entities.unknown(name) };
  const found = context.store.entities.get(entityId);
  const state = { exists: found !== undefined, state: found?.state ?? null };
  const messages = entries.map((entry) => entry.message);
  try {
    const data = { string: entityTrigger(entityId, state, messages) };
    const triggerMetadata = {
      [entity.trigger.name]: data,
      self: { json: JSON.stringify(toEntityId(entityId)) },
      exists: { string: state.exists ? 'True' : 'False' },
    };
    const { returnValue } = await context.invoke({ function: entity, data, triggerMetadata });
    return batchResult(returnValue?.json ?? '{}', messages.length);
  } catch (error) {
    context.log('error', entity.name, `Entity ${entityId}: ${messageOf(error)}`);
    return { message: messageOf(error) };
  }
}

/** Writes what a batch has led to; one whose results cannot be kept has failed. */
async function keepBatch(
  context: EngineContext,
  entityId: string,
  entries: EntityInboxEntry[],
  result: BatchResult | Broken,
): Promise<Woken> {
  const { commits, log } = context;
  try {
    return await commits.add(() => writeBatch(context, entityId, entries, result));
  } catch (error) {
    const message = `Cannot keep what it has done: ${messageOf(error)}`;
    log('error', toEntityId(entityId).name, `Entity ${entityId}: ${message}`);
    return commits.add(() => writeBatch(context, entityId, entries, { message }));
  }
}

interface Woken {
  instances: Set<string>;
  entities: Set<string>;
}

function writeBatch(
  context: EngineContext,
  entityId: string,
  entries: EntityInboxEntry[],
  result: BatchResult | Broken,
): Woken {
  const { store, clock } = context;
  const now = clock.now();
  const instances = new Set<string>();
  for (const [index, { id, message }] of entries.entries()) {
    store.entities.removeEntry(id);
    if (!message.caller || !isWaiting(context, message.caller)) continue;
    const answer = answerOf(result, index);
    const { instanceId, executionId } = message.caller;
    store.inbox.add(instanceId, executionId, entityReply(message.id, answer, now));
    instances.add(instanceId);
  }
  if ('message' in result) return { instances, entities: new Set() };
  if (result.exists) {
    store.entities.put({ id: entityId, state: result.state, lastOperationAt: now });
  } else {
    store.entities.remove(entityId);
  }
  for (const { target, operation, input } of result.signals) {
    store.entities.send(target, { id: randomUUID(), operation, input, caller: null });
  }
  return { instances, entities: new Set(result.signals.map(({ target }) => target)) };
}

function isWaiting(
  { store }: EngineContext,
  caller: { instanceId: string; executionId: string },
): boolean {
  const instance = store.instances.get(caller.instanceId);
  return instance?.executionId === caller.executionId && !isTerminal(instance.status);
}

function answerOf(
  result: BatchResult | Broken,
  index: number,
): { result?: string | undefined; failed: boolean } {
  if ('message' in result) return { result: JSON.stringify(result.message), failed: true };
  return result.results[index] ?? { failed: true };
}

function warnOfLostErrors(
  context: EngineContext,
  entityId: string,
  result: BatchResult | Broken,
): void {
  if ('message' in result || !result.results.some(({ failed }) => failed)) return;
  const { name } = toEntityId(entityId);
  context.warn(
    `${name}:entityError`,
    name,
    'an operation threw an error: as in Azure, its message is lost (a caller sees "[object Object]") ' +
      'and the state that the operation has set is kept.',
  );
}
