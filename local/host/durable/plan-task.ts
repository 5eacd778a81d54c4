import type { Decision, Situation } from './decide.ts';
import { entityMessage, entityReply, eventSent, isEntityAction } from './entities/messages.ts';
import { toEntityId } from './entities/entity-id.ts';
import { historyEvent, taskFailed, type TaskFailure } from './events.ts';
import { ActionType, type HistoryEvent } from './protocol.ts';
import { afterFailure, endsEarly, syntheticFailure } from './retry.ts';
import type { SdkAction, SdkTask } from './sdk.ts';
import { hangs, retriesCutShort } from './warnings.ts';

/** Where planned tasks go, and what they rest on. */
export interface Planner {
  situation: Situation;
  decision: Decision;
}

/** Adds to the decision what a task that history does not know yet is to start. */
export function planTask(planner: Planner, task: SdkTask): void {
  const { retry } = task;
  const action = retry?.action ?? task.action;
  if (!action) return;
  if (retry && retry.position % 2 === 1) planRetryTimer(planner, task);
  else if (action.actionType === ActionType.CreateTimer) planTimer(planner, task.id, action);
  else if (isEntityAction(action)) planMessage(planner, task.id, action);
  else if (isSubOrchestration(action)) planChild(planner, task, action);
  else planActivity(planner, task, action);
}

function planTimer({ situation, decision }: Planner, taskId: number, action: SdkAction): void {
  const fireAt = action.fireAt?.getTime() ?? situation.now;
  decision.events.push(timerCreated(taskId, fireAt, situation.now));
  if (!action.isCanceled) decision.timers.push({ taskId, fireAt });
}

function planRetryTimer({ situation, decision }: Planner, task: SdkTask): void {
  const fireAt = afterFailure(situation, task);
  if (task.retry && endsEarly(situation, task.retry)) {
    decision.warnings.push(retriesCutShort(situation.name));
  }
  decision.events.push(timerCreated(task.id, fireAt, situation.now));
  decision.timers.push({ taskId: task.id, fireAt });
}

function timerCreated(taskId: number, fireAt: number, now: number): HistoryEvent {
  const FireAt = new Date(fireAt).toISOString();
  return historyEvent('TimerCreated', now, { EventId: taskId, FireAt });
}

function planMessage(planner: Planner, taskId: number, action: SdkAction): void {
  const { situation, decision } = planner;
  const target = action.instanceId ?? '';
  const message = entityMessage(situation, taskId, action);
  decision.events.push(eventSent({ taskId, target, message }, situation.now));
  const { name } = toEntityId(target);
  if (situation.entities.get(name)) return void decision.messages.push({ target, message });
  const result = JSON.stringify(`${situation.entities.unknown(name)} ${hangs}`);
  decision.replies.push(entityReply(message.id, { result, failed: true }, situation.now));
}

function isSubOrchestration({ actionType }: SdkAction): boolean {
  return (
    actionType === ActionType.CallSubOrchestrator ||
    actionType === ActionType.CallSubOrchestratorWithRetry
  );
}

function planChild({ situation, decision }: Planner, task: SdkTask, action: SdkAction): void {
  const name = action.functionName ?? '';
  const version = action.version ?? null;
  const instanceId = action.instanceId || `${situation.execution.executionId}:${task.id}`;
  const input = JSON.stringify(action.input ?? null);
  decision.events.push(
    historyEvent('SubOrchestrationInstanceCreated', situation.now, {
      EventId: task.id,
      Name: name,
      InstanceId: instanceId,
      Version: version,
      Input: input,
    }),
  );
  const failure = syntheticFailure(situation, task) ?? unknownOrchestrator(situation, name);
  if (failure) {
    reply(decision, situation, { type: 'SubOrchestrationInstanceFailed', task, failure });
  } else {
    decision.children.push({ taskId: task.id, instanceId, name, version, input });
  }
}

function unknownOrchestrator({ orchestrators }: Situation, name: string): TaskFailure | undefined {
  if (orchestrators.get(name)) return undefined;
  const reason = `Orchestrator function '${name}' failed: ${orchestrators.unknown(name)}`;
  return { reason, details: hangs, failureDetails: null };
}

function planActivity({ situation, decision }: Planner, task: SdkTask, action: SdkAction): void {
  const name = action.functionName ?? '';
  decision.events.push(
    historyEvent('TaskScheduled', situation.now, {
      EventId: task.id,
      Name: name,
      Version: '',
      Input: null,
    }),
  );
  const failure = syntheticFailure(situation, task) ?? unknownActivity(situation, name);
  if (failure) reply(decision, situation, { type: 'TaskFailed', task, failure });
  else decision.activities.push({ taskId: task.id, name, input: activityInput(action.input) });
}

function unknownActivity({ activities }: Situation, name: string): TaskFailure | undefined {
  if (activities.get(name)) return undefined;
  const reason = `Activity function '${name}' failed:  ${activities.unknown(name)}`;
  return { reason, details: hangs, failureDetails: null };
}

/** The SDK has encoded a string once already; null and absent both reach the handler as undefined. */
function activityInput(input: unknown): string | null {
  if (input === undefined || input === null) return null;
  return typeof input === 'string' ? input : JSON.stringify(input);
}

interface Reply {
  type: 'TaskFailed' | 'SubOrchestrationInstanceFailed';
  task: SdkTask;
  failure: TaskFailure;
}

function reply(decision: Decision, { now }: Situation, { type, task, failure }: Reply): void {
  decision.replies.push(taskFailed(type, now, { taskId: task.id, failure }));
}
