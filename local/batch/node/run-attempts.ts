import type { NodeTaskInfo } from '../store/documents.ts';
import { executeTask, type Executor } from '../virtual/execute-task.ts';
import type { TaskOrder } from './run-task.ts';

/** How a start, preparation or release task is run. */
export interface Attempts {
  /** Further tries after the first, -1 for any number. */
  retries: number;
  signal: AbortSignal;
  /** Told at every change. */
  record: (info: NodeTaskInfo) => void;
}

/** Runs a task of a node until it succeeds or its tries are used up; undefined when it was aborted. */
export async function runAttempts(
  machine: Executor,
  order: TaskOrder,
  { retries, signal, record }: Attempts,
): Promise<NodeTaskInfo | undefined> {
  let info: NodeTaskInfo = { state: 'running', started: machine.clock.stamp(), retries: 0 };
  for (;;) {
    record(info);
    const { exitCode, failure, retriable } = await executeTask(machine, order, {
      attempt: info.retries,
      signal,
    });
    if (signal.aborted) return undefined;
    const now = machine.clock.stamp();
    if (!retriable || (retries !== -1 && info.retries >= retries)) {
      info = {
        ...info,
        state: 'completed',
        ended: now,
        result: failure === undefined ? 'success' : 'failure',
        ...(exitCode !== undefined && { exitCode }),
        ...(failure !== undefined && { failure }),
      };
      record(info);
      return info;
    }
    info = { ...info, started: now, retries: info.retries + 1, lastRetry: now };
  }
}
