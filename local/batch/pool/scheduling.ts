import type { Account, Node } from '../account.ts';
import { actOnExit } from '../job/act-on-exit.ts';
import { endTask } from '../job/complete-task.ts';
import { endRun } from '../schedule/end-run.ts';

/** What happens to the tasks on a node that takes no more. */
export type DisableOption = 'requeue' | 'terminate' | 'taskcompletion';

/** Lets a node take no more tasks. */
export function disableScheduling(account: Account, node: Node, option: DisableOption): void {
  setScheduling(account, node, true);
  if (option === 'taskcompletion') return;
  for (const run of node.runs) {
    if (option === 'requeue') endRun(run, 'requeue');
    else if (run.cause === undefined) {
      const action = endTask(account, run, 'Scheduling was disabled on the node of the task');
      actOnExit(account, run.job, { seq: run.seq, action });
    }
  }
}

/** Lets a node take tasks again. */
export function enableScheduling(account: Account, node: Node): void {
  setScheduling(account, node, false);
  account.schedule();
}

function setScheduling(account: Account, node: Node, disabled: boolean): void {
  const { doc } = node;
  // An idle node is shown as offline while it takes none.
  const stateAt = doc.state === 'idle' ? account.clock.stamp() : doc.stateAt;
  node.doc = { ...doc, schedulingDisabled: disabled, stateAt };
  account.db.changed(node);
}
