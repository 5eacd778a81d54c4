import { createHash } from 'node:crypto';
import type { Situation } from '../decide.ts';
import { historyEvent } from '../events.ts';
import { ActionType, type HistoryEvent } from '../protocol.ts';
import type { SdkAction } from '../sdk.ts';

/** One operation on its way to an entity. */
export interface EntityMessage {
  /** What the answer is addressed to; also tells two operations apart. */
  id: string;
  operation: string;
  /** A JSON text, or null for none. */
  input: string | null;
  /** Who waits for the answer; null for a signal. */
  caller: { instanceId: string; executionId: string } | null;
}

/** True for actions that send something to an entity. */
export function isEntityAction({ actionType }: SdkAction): boolean {
  return actionType === ActionType.CallEntity || actionType === ActionType.SignalEntity;
}

/** The message that an orchestration's task `taskId` sends. */
export function entityMessage(
  { instanceId, execution }: Situation,
  taskId: number,
  action: SdkAction,
): EntityMessage {
  const { executionId } = execution;
  const isCall = action.actionType === ActionType.CallEntity;
  const input =
    action.input === undefined || action.input === null ? null : JSON.stringify(action.input);
  return {
    id: requestId(executionId, taskId),
    operation: action.operation ?? '',
    input,
    caller: isCall ? { instanceId, executionId } : null,
  };
}

// The same task must send the same id however often it is decided.
function requestId(executionId: string, taskId: number): string {
  const hex = createHash('sha256').update(`${executionId}:${taskId}`).digest('hex');
  return hex.slice(0, 32).replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}

/** How an orchestration's history tells of a message; `target` is a scheduler id. */
export function eventSent(
  { taskId, target, message }: { taskId: number; target: string; message: EntityMessage },
  now: number,
): HistoryEvent {
  const { id, operation, input, caller } = message;
  const request = {
    op: operation,
    ...(!caller && { signal: true }),
    id,
    ...(caller && { parent: caller.instanceId, parentExecution: caller.executionId }),
    ...(input !== null && { input }),
  };
  return historyEvent('EventSent', now, {
    EventId: taskId,
    InstanceId: target,
    Name: 'op',
    Input: JSON.stringify(request),
  });
}

/** The answer to a call; `result` is a JSON text or absent when the operation returned nothing. */
export function entityReply(
  id: string,
  { result, failed }: { result?: string | undefined; failed: boolean },
  now: number,
): HistoryEvent {
  const response = {
    ...(result !== undefined && { result }),
    ...(failed && { exceptionType: 'Error' }),
  };
  return historyEvent('EventRaised', now, {
    Name: id,
    Input: JSON.stringify(response),
    ParentTraceContext: null,
  });
}
