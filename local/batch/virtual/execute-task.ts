import { runTask, type Machine, type TaskOrder, type TaskOutcome } from '../node/run-task.ts';
import { simulateTask } from './simulate-task.ts';
import { planTask, type Simulation } from './template.ts';

/** What executes tasks, as processes or without. */
export interface Executor extends Machine {
  controls: { simulation: Simulation | undefined };
}

/** Executes a task: as a process, or, when a template of the simulation is for it, without one. */
export function executeTask(
  executor: Executor,
  order: TaskOrder,
  { attempt, signal }: { attempt: number; signal: AbortSignal },
): Promise<TaskOutcome> {
  const { clock, controls } = executor;
  const task = {
    jobId: order.environment.AZ_BATCH_JOB_ID ?? '',
    taskId: order.environment.AZ_BATCH_TASK_ID ?? '',
    commandLine: order.commandLine,
    try: attempt,
  };
  const plan = controls.simulation && planTask(controls.simulation, task);
  return plan === undefined
    ? clock.hold(runTask(executor, order, signal))
    : simulateTask(executor, order, { plan, attempt, signal });
}
