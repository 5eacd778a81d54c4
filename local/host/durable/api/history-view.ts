import { EventType, type HistoryEvent } from '../protocol.ts';

/** What a history is to show. */
export interface HistoryViewOptions {
  withInput: boolean;
  withOutput: boolean;
}

/** A history as `?showHistory=true` shows it: tasks folded into their ends, numbers taken out. */
export function historyView(events: HistoryEvent[], options: HistoryViewOptions): unknown[] {
  const scheduled = new Map(events.filter(isScheduling).map((event) => [event.EventId, event]));
  const folded = new Set(events.map((event) => scheduled.get(event.TaskScheduledId ?? -1)));
  return events
    .filter((event) => !hidden.has(event.EventType) && !folded.has(event))
    .map((event) => show(event, scheduled.get(event.TaskScheduledId ?? -1), options));
}

const hidden = new Set<number>([EventType.OrchestratorStarted, EventType.OrchestratorCompleted]);

function isScheduling({ EventType: type }: HistoryEvent): boolean {
  return type === EventType.TaskScheduled || type === EventType.SubOrchestrationInstanceCreated;
}

const typeNames = new Map<number, string>(
  Object.entries(EventType).map(([name, number]) => [number, name]),
);

type View = Record<string, unknown>;

/** One event; `task` is what it ends. */
function show(
  event: HistoryEvent,
  task: HistoryEvent | undefined,
  options: HistoryViewOptions,
): View {
  const { EventType: type, OrchestrationStatus, Result, Timestamp, ...rest } = event;
  const shown: View = { EventType: typeNames.get(type) };
  if (OrchestrationStatus) shown['OrchestrationStatus'] = OrchestrationStatus;
  if (options.withOutput && Result !== undefined) shown['Result'] = parse(Result);
  Object.assign(shown, fieldsOf(event, rest, options), { Timestamp });
  if (type === EventType.ExecutionStarted) shown['FunctionName'] = event.Name;
  if (!task) return shown;
  shown['ScheduledTime'] = task.Timestamp.replace('Z', '+00:00');
  shown['FunctionName'] = task.Name;
  // Azure keeps no inputs of tasks.
  if (options.withInput) shown['Input'] = null;
  return shown;
}

const numbers = ['EventId', 'IsPlayed', 'TaskScheduledId', 'TimerId'];
const ofTheStart = ['OrchestrationInstance', 'ParentInstance', 'Name', 'Version', 'Tags'];

function fieldsOf(event: HistoryEvent, rest: View, { withInput }: HistoryViewOptions): View {
  const left = [
    ...numbers,
    ...(event.EventType === EventType.ExecutionStarted ? ofTheStart : []),
    ...(isScheduling(event) ? ['Version'] : []),
    ...(withInput ? [] : ['Input']),
  ];
  const fields = Object.entries(rest).filter(([name]) => !left.includes(name));
  const shown = Object.fromEntries(fields);
  if (!isScheduling(event)) return shown;
  const input = withInput && { Input: null };
  return { ...shown, ...input, ParentTraceContext: null, Tags: null };
}

function parse(json: string | null): unknown {
  return json === null ? null : JSON.parse(json);
}
