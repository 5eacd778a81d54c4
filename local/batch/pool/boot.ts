import type { Account, Node } from '../account.ts';
import { poolPackages } from '../job/node-task.ts';
import { makeNodeDirectories } from '../node/directories.ts';
import { exitCodeFailure, TaskFailure } from '../node/failures.ts';
import { installPackages } from '../node/packages.ts';
import type { NodeState, NodeTaskInfo, StartTask } from '../store/documents.ts';
import { runStartTask } from './start-task.ts';

/** What a boot says as it goes on. */
export interface BootEvents {
  /** The node takes tasks from now on, though its start task may go on. */
  ready: () => void;
  /** The node changes its state for another reason. */
  state: (state: NodeState) => void;
}

/** Prepares a node that has started: its directories, its pool's application packages and start task. */
export async function bootNodeSoftware(
  account: Account,
  node: Node,
  { signal, events }: { signal: AbortSignal; events: BootEvents },
): Promise<void> {
  const { startTask: _, startTaskInfo: __, errors: ___, ...doc } = node.doc;
  node.doc = doc;
  await account.clock.hold(makeNodeDirectories(node.root));
  const failure = await packagesFailure(account, node);
  if (signal.aborted) return;
  if (failure !== undefined || happens(account, 'unusable')) {
    events.state('unusable');
    if (failure !== undefined) node.doc.errors = [errorOf(failure)];
    return;
  }
  const task = node.pool.doc.spec.startTask as StartTask | undefined;
  if (task === undefined) events.ready();
  else await startWith(account, node, { task, signal, events });
}

async function startWith(
  account: Account,
  node: Node,
  { task, signal, events }: { task: StartTask; signal: AbortSignal; events: BootEvents },
): Promise<void> {
  node.doc.startTask = task;
  if (!task.waitForSuccess) events.ready();
  else events.state('waitingforstarttask');
  const info = happens(account, 'startTaskFailure')
    ? failStartTask(account, node, task)
    : await runStartTask(account, node, { task, signal });
  if (info === undefined || !task.waitForSuccess) return;
  if (info.result === 'success') events.ready();
  else events.state('starttaskfailed');
}

/** A start task that failed in all its tries, without having run. */
function failStartTask({ clock, db }: Account, node: Node, task: StartTask): NodeTaskInfo {
  const now = clock.stamp();
  const retries = Math.max(task.maxTaskRetryCount, 0);
  const startTaskInfo: NodeTaskInfo = {
    state: 'completed',
    started: now,
    ended: now,
    retries,
    ...(retries > 0 && { lastRetry: now }),
    exitCode: 1,
    result: 'failure',
    failure: exitCodeFailure(1),
  };
  node.doc = { ...node.doc, startTaskInfo };
  db.changed(node);
  return startTaskInfo;
}

function happens({ controls }: Account, what: 'unusable' | 'startTaskFailure'): boolean {
  return controls.faults.happens(`nodes/${what}`, controls.faults.knobs.nodes[what]);
}

async function packagesFailure(account: Account, node: Node): Promise<TaskFailure | undefined> {
  try {
    await account.clock.hold(installPackages(account, node, poolPackages(node)));
    return undefined;
  } catch (error) {
    if (error instanceof TaskFailure) return error;
    throw error;
  }
}

function errorOf({ info: { code, message, details } }: TaskFailure) {
  return { code, message, ...(details !== undefined && { errorDetails: details }) };
}
