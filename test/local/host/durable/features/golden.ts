import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { EventType, type HistoryEvent } from '../../../../../local/host/durable/protocol.ts';

const directory = join(import.meta.dirname, 'golden');

/** The names of all that are kept. */
export function goldenNames(): string[] {
  return readdirSync(directory).map((file) => file.replace('.json', ''));
}

/** A history as it was kept; with UPDATE_GOLDEN=1 `found` is kept in its place first. */
export function golden(name: string, found?: HistoryEvent[]): HistoryEvent[] {
  const path = join(directory, `${name}.json`);
  if (found && process.env['UPDATE_GOLDEN'] === '1') {
    mkdirSync(directory, { recursive: true });
    writeFileSync(path, `${JSON.stringify(found.map(withoutStacks), null, 1)}\n`);
  }
  if (!existsSync(path)) throw new Error(`${path} is missing: run with UPDATE_GOLDEN=1.`);
  return JSON.parse(readFileSync(path, 'utf8'));
}

/**
 * What a history says, without times, made-up ids, and how its events fell into episodes: that
 * depends on how fast the machine is, and so does the order of tasks that ran beside each other.
 */
export function content(history: HistoryEvent[]): string[] {
  const names = new Map<string, string>();
  const rename = (id: string): string => {
    if (!names.has(id)) names.set(id, `<id ${names.size}>`);
    return names.get(id)!;
  };
  const episodes = new Set<number>([
    EventType.OrchestratorStarted,
    EventType.OrchestratorCompleted,
  ]);
  return history
    .filter((event) => !episodes.has(event.EventType))
    .toSorted(byTask)
    .map((event) => JSON.stringify(withoutStacks(event), timeless).replaceAll(madeUp, rename));
}

function timeless(key: string, value: unknown): unknown {
  return key === 'Timestamp' || key === 'FireAt' ? undefined : value;
}

// A UUID, or 32 hex digits.
const madeUp = /\b[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}\b/g;

function byTask(a: HistoryEvent, b: HistoryEvent): number {
  return order(a) - order(b);
}

/** The start, then tasks with their ends in the order of their ids, then the rest as it came. */
function order(event: HistoryEvent): number {
  if (event.EventType === EventType.ExecutionStarted) return -1;
  const task = event.TaskScheduledId ?? event.TimerId ?? event.EventId;
  if (task < 0) return 1_000_000;
  return task * 2 + (event.EventId < 0 ? 1 : 0);
}

function withoutStacks(event: HistoryEvent): HistoryEvent {
  if (!event.Details?.startsWith('{"$type"')) return event;
  const { Message } = JSON.parse(event.Details);
  return { ...event, Details: JSON.stringify({ $type: 'System.Exception', Message }) };
}
