import { describe, expect, it } from 'vitest';
import { historyView } from '../../../../local/host/durable/api/history-view.ts';
import { historyEvent, taskCompleted } from '../../../../local/host/durable/events.ts';
import type { HistoryEvent } from '../../../../local/host/durable/protocol.ts';

const time = Date.parse('2026-01-01T00:00:00Z');
const Timestamp = '2026-01-01T00:00:00.000Z';
const scheduled = (EventId: number): HistoryEvent =>
  historyEvent('TaskScheduled', time, { EventId, Name: 'work', Version: '', Input: null });
const all = { withInput: true, withOutput: true };
const little = { withInput: false, withOutput: false };

describe('a history as it is shown', () => {
  it('has tasks that are done in their ends, and the others as they were scheduled', () => {
    const ended = taskCompleted('TaskCompleted', time, { taskId: 1, result: '{"a":1}' });
    const view = historyView([scheduled(0), scheduled(1), ended], all);
    expect(JSON.stringify(view)).toBe(
      JSON.stringify([
        {
          EventType: 'TaskScheduled',
          Name: 'work',
          Input: null,
          ParentTraceContext: null,
          Tags: null,
          Timestamp,
        },
        {
          EventType: 'TaskCompleted',
          Result: { a: 1 },
          Timestamp,
          ScheduledTime: '2026-01-01T00:00:00.000+00:00',
          FunctionName: 'work',
          Input: null,
        },
      ]),
    );
  });

  it('shows a sub-orchestration that still runs with its id, and never its input', () => {
    const created = historyEvent('SubOrchestrationInstanceCreated', time, {
      EventId: 0,
      Name: 'sub',
      InstanceId: 'child',
      Version: null,
      Input: '{"secret":1}',
    });
    const [shown] = historyView([created], all) as Record<string, unknown>[];
    expect(shown).toMatchObject({ Name: 'sub', InstanceId: 'child', Input: null });
    expect(shown).not.toHaveProperty('Version');
  });

  it('leaves out inputs and outputs, of events too, unless they are asked for', () => {
    const raised = historyEvent('EventRaised', time, {
      Name: 'go',
      Input: '1',
      ParentTraceContext: null,
    });
    const ended = taskCompleted('TaskCompleted', time, { taskId: 1, result: '1' });
    const view = historyView([scheduled(0), raised, scheduled(1), ended], little);
    expect(JSON.stringify(view)).not.toMatch(/"Input"|"Result"/);
    expect(historyView([raised], all)).toEqual([
      { EventType: 'EventRaised', Name: 'go', Input: '1', ParentTraceContext: null, Timestamp },
    ]);
  });

  it('hides where episodes begin and end, and every number', () => {
    const begins = historyEvent('OrchestratorStarted', time);
    const fired = historyEvent('TimerFired', time, { TimerId: 3, FireAt: Timestamp });
    const ends = historyEvent('OrchestratorCompleted', time);
    expect(historyView([begins, fired, ends], all)).toEqual([
      { EventType: 'TimerFired', FireAt: Timestamp, Timestamp },
    ]);
  });
});
