import { schedulerId, toEntityId, type EntityId } from './entity-id.ts';
import type { EntityMessage } from './messages.ts';

/** The most operations an entity is given at once, as in the Durable extension. */
export const longestBatch = 5_000;

/** The value of an entity trigger, in the field order of the Durable extension 3.14. */
export function entityTrigger(
  id: string,
  state: { exists: boolean; state: string | null },
  messages: EntityMessage[],
): string {
  return JSON.stringify({
    self: toEntityId(id),
    exists: state.exists,
    state: state.state,
    batch: messages.map((message) => ({
      name: message.operation,
      input: message.input,
      isSignal: message.caller === null,
      id: message.id,
    })),
  });
}

/** What an entity has made of a batch. */
export interface BatchResult {
  /** One for each operation, in their order. */
  results: { failed: boolean; result?: string | undefined }[];
  exists: boolean;
  /** A JSON text. */
  state: string | null;
  signals: { target: string; operation: string; input: string | null }[];
}

/** Reads the SDK's answer to a batch. */
export function batchResult(json: string, length: number): BatchResult {
  const answer: SdkEntityState = JSON.parse(json);
  // An operation that returns twice has two results; Azure too takes them in their order.
  const results = answer.results?.slice(0, length);
  if (results?.length !== length) {
    throw new Error(
      `It answered ${results?.length ?? 'none'} of ${length} operations: the local host knows only entities of durable-functions 3.x.`,
    );
  }
  return {
    results: results.map(({ isError, result }) => ({ failed: isError, result })),
    exists: answer.entityExists,
    state: answer.entityState ?? null,
    signals: answer.signals.map(({ target, name, input }) => ({
      target: schedulerId(target),
      operation: name,
      input: input ?? null,
    })),
  };
}

interface SdkEntityState {
  results?: { isError: boolean; result?: string }[];
  signals: { target: EntityId; name: string; input?: string }[];
  entityExists: boolean;
  entityState?: string;
}
