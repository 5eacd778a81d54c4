import { EventType, type HistoryEvent } from '../protocol.ts';

/** What a history is to show. */
export interface HistoryViewOptions {
  withInput: boolean;
  withOutput: boolean;
}

/** A history as `?showHistory=true` shows it: tasks folded into their ends, numbers taken out. */
export function historyView(events: HistoryEvent[], options: HistoryViewOptions): unknown[] {
  const scheduled = new Map<number, HistoryEvent>();
  const view: unknown[] = [];
  for (const event of events) {
    if (isScheduling(event)) scheduled.set(event.EventId, event);
    else if (!hidden.has(event.EventType)) view.push(show(event, scheduled, options));
  }
  return view;
}

const hidden = new Set<number>([
  EventType.OrchestratorStarted,
  EventType.OrchestratorCompleted,
  EventType.ContinueAsNew,
]);

function isScheduling({ EventType: type }: HistoryEvent): boolean {
  return type === EventType.TaskScheduled || type === EventType.SubOrchestrationInstanceCreated;
}

const typeNames = new Map<number, string>(
  Object.entries(EventType).map(([name, number]) => [number, name]),
);

function show(
  event: HistoryEvent,
  scheduled: Map<number, HistoryEvent>,
  options: HistoryViewOptions,
): Record<string, unknown> {
  const {
    EventType: type,
    EventId: _id,
    IsPlayed: _played,
    TaskScheduledId,
    TimerId: _timer,
    ...rest
  } = event;
  const { Timestamp, Result, ...fields } = rest;
  const shown: Record<string, unknown> = { EventType: typeNames.get(type) };
  const { OrchestrationStatus } = fields;
  if (OrchestrationStatus) shown['OrchestrationStatus'] = OrchestrationStatus;
  if (options.withOutput && Result !== undefined) shown['Result'] = parse(Result);
  Object.assign(shown, fields, { Timestamp });
  if (type === EventType.ExecutionStarted) return showStart(shown, options);
  const task = TaskScheduledId === undefined ? undefined : scheduled.get(TaskScheduledId);
  if (!task) return shown;
  shown['ScheduledTime'] = task.Timestamp.replace('Z', '+00:00');
  shown['FunctionName'] = task.Name;
  if (options.withInput) shown['Input'] = null;
  return shown;
}

function showStart(
  shown: Record<string, unknown>,
  { withInput }: HistoryViewOptions,
): Record<string, unknown> {
  const { EventType: type, Input, Correlation, ParentTraceContext, ScheduledStartTime } = shown;
  const { Generation, GenerateNewTrace, Timestamp, Name } = shown;
  return {
    EventType: type,
    ...(withInput && { Input }),
    Correlation,
    ParentTraceContext,
    ScheduledStartTime,
    Generation,
    GenerateNewTrace,
    Timestamp,
    FunctionName: Name,
  };
}

function parse(json: string | null): unknown {
  return json === null ? null : JSON.parse(json);
}
