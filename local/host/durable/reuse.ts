import { ActionType } from './protocol.ts';
import type { SdkAction, SdkTask } from './sdk.ts';

/**
 * The tasks as Azure numbers them when a pending task is used in a second Task.any or Task.all.
 * The SDK then lists its action twice, and Azure, which sees only the list, takes it for a new task:
 * it runs again, and later tasks get each other's results. Undefined when no task is used twice.
 * Retries do not stand in the list; with them Azure's numbers cannot be told, and the SDK's hold.
 */
export function azureTasks(
  actions: SdkAction[],
  tasks: Map<number, SdkTask>,
): Map<number, SdkTask> | undefined {
  const leaves = actions.flatMap(leavesOf);
  if (new Set(leaves).size === leaves.length) return undefined;
  if ([...tasks.values()].some((task) => task.retry)) return undefined;
  return new Map(leaves.map((action, id) => [id, { id, action }]));
}

function leavesOf(action: SdkAction): SdkAction[] {
  if (action.compoundActions) return action.compoundActions.flatMap(leavesOf);
  const hasNumber =
    action.actionType !== ActionType.WaitForExternalEvent &&
    action.actionType !== ActionType.ContinueAsNew;
  return hasNumber ? [action] : [];
}
