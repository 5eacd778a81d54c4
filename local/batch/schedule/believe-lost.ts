import type { Account, Node } from '../account.ts';
import { backToActive } from './back-to-active.ts';

/**
 * Believes a node lost, wrongly: its tasks run on, what comes of them means nothing, and they are started again
 * elsewhere, which counts as nothing. The node is found again when they have ended.
 */
export function believeLost(account: Account, node: Node): void {
  if (account.closing || node.removed || node.doc.state !== 'running') return;
  node.doc = { ...node.doc, state: 'unknown', stateAt: account.clock.stamp() };
  account.db.changed(node);
  for (const run of node.runs) {
    if (run.cause !== undefined) continue;
    run.cause = 'lost';
    // One that has not begun has run for nothing as yet.
    if (!run.preparing) account.lostOnce.add(run.seq);
    account.runs.delete(run.seq);
    run.job.runs.delete(run);
    backToActive(account, run, 'recovery');
  }
  account.schedule();
}
