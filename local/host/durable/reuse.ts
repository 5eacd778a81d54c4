import { ActionType } from './protocol.ts';
import type { SdkAction, SdkTask } from './sdk.ts';

/** Whether a pending task was used in a second Task.any or Task.all, and what is made of it. */
export type Reuse = 'none' | 'imitated' | 'ignored';

/**
 * The tasks as Azure numbers them when a pending task is used in a second Task.any or Task.all.
 * The SDK then lists its action twice, and Azure, which sees only the list, takes it for a new task:
 * it runs again, and later tasks get each other's results. Retries do not stand in the list; with
 * them Azure's numbers cannot be told, and the SDK's hold.
 */
export function azureTasks(
  actions: SdkAction[],
  tasks: Map<number, SdkTask>,
): { tasks: Map<number, SdkTask>; reuse: Reuse } {
  const leaves = actions.flatMap(leavesOf);
  if (new Set(leaves).size === leaves.length) return { tasks, reuse: 'none' };
  if ([...tasks.values()].some((task) => task.retry)) return { tasks, reuse: 'ignored' };
  const numbered = leaves.map((action, id): [number, SdkTask] => [id, { id, action }]);
  return { tasks: new Map(numbered), reuse: 'imitated' };
}

function leavesOf(action: SdkAction): SdkAction[] {
  if (action.compoundActions) return action.compoundActions.flatMap(leavesOf);
  const hasNumber =
    action.actionType !== ActionType.WaitForExternalEvent &&
    action.actionType !== ActionType.ContinueAsNew;
  return hasNumber ? [action] : [];
}
