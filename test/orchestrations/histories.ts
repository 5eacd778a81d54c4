import { replayHistory } from '../../local/host/durable/replay-history.ts';
import type { HistoryEvent } from '../../local/host/durable/protocol.ts';
import { run } from '../../orchestrations/run.ts';

export const REF = { run: 'p-261124001703-6d4dc3b937d4', epoch: 1 };
export const time = (second: number): string =>
  new Date(Date.UTC(2026, 10, 24, 0, 0, second)).toISOString();
export const event = (EventType: number, second: number, fields: object = {}): HistoryEvent =>
  ({ EventType, EventId: -1, IsPlayed: false, Timestamp: time(second), ...fields }) as HistoryEvent;

/** A history in which one activity after the other is answered, each in an episode of its own. */
export function answered(answers: object[]): HistoryEvent[] {
  const first = [event(12, 0), event(0, 0, { Name: 'run', Input: JSON.stringify(REF) })];
  return [
    ...first,
    ...answers.flatMap((answer, index) => [event(12, index + 1), event(5, index + 1, answer)]),
  ];
}

export const completed = (id: number, value: unknown): object => ({
  TaskScheduledId: id,
  Result: JSON.stringify({ ok: true, value }),
});
export const refused = (id: number, code: string): object => ({
  TaskScheduledId: id,
  Result: JSON.stringify({ ok: false, error: { code, message: 'no' } }),
});

export const play = (history: HistoryEvent[]) =>
  replayHistory({ orchestrator: run, instanceId: 'i', input: REF, history });

/** The activities that a replay has asked for, in their order. */
export const names = ({ actions }: Awaited<ReturnType<typeof play>>) =>
  actions.map(({ functionName }) => functionName);
