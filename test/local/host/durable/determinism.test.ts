import { describe, expect, it } from 'vitest';
import { findNonDeterminism } from '../../../../local/host/durable/determinism.ts';
import { historyEvent } from '../../../../local/host/durable/events.ts';
import { toExecution } from '../../../../local/host/durable/execution.ts';
import type { HistoryEvent } from '../../../../local/host/durable/protocol.ts';
import type { SdkAction, SdkTask } from '../../../../local/host/durable/sdk.ts';

const activity = historyEvent('TaskScheduled', 0, { EventId: 0, Name: 'work', Version: '' });
const timer = historyEvent('TimerCreated', 0, { EventId: 0 });
const child = historyEvent('SubOrchestrationInstanceCreated', 0, {
  EventId: 0,
  Name: 'sub',
  InstanceId: 'i',
  Version: 'v2',
});
const message = historyEvent('EventSent', 0, {
  EventId: 0,
  Name: 'op',
  InstanceId: '@counter@k',
  Input: '{"op":"get","id":"a"}',
});

const callActivity = (functionName: string): SdkAction => ({ actionType: 0, functionName });
const createTimer: SdkAction = { actionType: 5 };
const callChild: SdkAction = { actionType: 2, functionName: 'other' };
const signal: SdkAction = { actionType: 9, instanceId: '@counter@k' };

const before =
  'Non-Deterministic workflow detected: A previous execution of this orchestration scheduled ';
const after =
  ' Was a change made to the orchestrator code after this instance had already started running?';

describe('a replay that does not fit its history', () => {
  it.each<[string, HistoryEvent, SdkAction | undefined, string]>([
    [
      'an activity that is missing',
      activity,
      undefined,
      "an activity task with sequence ID 0 and name 'work' (version ''), but the current replay execution hasn't (yet?) scheduled this task.",
    ],
    [
      'another activity',
      activity,
      callActivity('play'),
      "an activity task with sequence number 0 named 'work', but the current orchestration replay instead scheduled an activity task named 'play' with this sequence number. ",
    ],
    [
      'a timer for an activity',
      activity,
      createTimer,
      "an activity task with sequence number 0 named 'work', but the current orchestration replay instead produced a CreateTimerOrchestratorAction action with this sequence number.",
    ],
    [
      'a timer that is missing',
      timer,
      undefined,
      "a timer task with sequence number 0 but the current replay execution hasn't (yet?) scheduled this task.",
    ],
    [
      'an activity for a timer',
      timer,
      callActivity('work'),
      'a timer task with sequence number 0 named but the current orchestration replay instead produced a ScheduleTaskOrchestratorAction action with this sequence number.',
    ],
    [
      'a sub-orchestration that is missing',
      child,
      undefined,
      "a sub-orchestration task with sequence ID 0 and name 'sub' (version 'v2', instance ID 'i'), but the current replay execution hasn't (yet?) scheduled this task.",
    ],
    [
      'another sub-orchestration',
      child,
      callChild,
      "a sub-orchestration task with sequence ID 0 and name 'sub' (version 'v2', instance ID 'i'), but the current orchestration replay instead scheduled a sub-orchestration task with name other at this sequence number.",
    ],
    [
      'a signal for a sub-orchestration',
      child,
      signal,
      "a sub-orchestration task with sequence ID 0 and name 'sub' (version 'v2', instance ID 'i'), but the current orchestration replay instead produced a SendEventOrchestratorAction action at this sequence number.",
    ],
    [
      'a message that is missing',
      message,
      undefined,
      "a send event task with sequence ID 0, type 'EventSent' name 'op', instance ID '@counter@k', but the current replay execution hasn't (yet?) scheduled this task.",
    ],
    [
      'a sub-orchestration for a message',
      message,
      callChild,
      "a send event task with sequence ID 0, type 'EventSent', name 'op', instance ID '@counter@k', but the current orchestration replay instead scheduled a CreateSubOrchestrationAction task at this sequence number.",
    ],
  ])('%s is told with the text of Azure', (_title, recorded, action, text) => {
    const found = findNonDeterminism(toExecution('e', [recorded]), tasks(action));
    expect(found).toBe(before + text + after);
  });

  it.each([
    [activity, callActivity('WORK')],
    [timer, createTimer],
    [child, { ...callChild, functionName: 'Sub' }],
    [message, signal],
  ])('is not found in one that fits, whatever the case of names', (recorded, action) => {
    expect(findNonDeterminism(toExecution('e', [recorded]), tasks(action))).toBe(undefined);
  });
});

function tasks(action: SdkAction | undefined): Map<number, SdkTask> {
  return new Map(action ? [[0, { id: 0, action }]] : []);
}
