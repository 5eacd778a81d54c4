/** What an orchestration trigger is told. */
export interface OrchestrationInput {
  events: object[];
  /** The parsed input. */
  input: unknown;
  instanceId: string;
  parentInstanceId: string | null;
  isReplaying: boolean;
}

/**
 * The value of an orchestration trigger: exactly the ten keys of the real host. The longest short
 * timer is set beyond any real one, so that the SDK never splits a timer: the host can wait as long
 * as it takes.
 */
export function orchestrationInput(given: OrchestrationInput): Record<string, unknown> {
  return {
    history: given.events,
    input: given.input,
    instanceId: given.instanceId,
    isReplaying: given.isReplaying,
    parentInstanceId: given.parentInstanceId,
    upperSchemaVersion: 1,
    upperSchemaVersionNew: 3,
    longRunningTimerIntervalDuration: '3.00:00:00',
    maximumShortTimerDuration: '36500.00:00:00',
    defaultHttpAsyncRequestSleepTimeMillseconds: 30000,
  };
}
