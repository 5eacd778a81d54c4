import { type BadNode, badNodes, readNodeFile, removeNodes } from '../azure/nodes.ts';
import { nodeTargets, poolState, resizePool } from '../azure/pools.ts';
import { SluiceError } from '../errors.ts';
import { breaksCircuit, judgeCapacity } from '../plan/capacity.ts';
import { runPipeline } from '../store/plans.ts';
import { commitJson, listRunFiles, putRunFile } from '../store/runs.ts';
import { stopWaiting, waitForCapacity } from './capacity.ts';
import type { RunRef } from './contract.ts';
import { nodesFor, openPool } from './pool.ts';

/** Logs of a start task that are kept of a node that is replaced. */
const STARTUP_LOGS = ['startup/stdout.txt', 'startup/stderr.txt'];
/** Of what a start task printed, so many characters of the end stand in the run's error. */
const SHOWN_CHARACTERS = 500;

/**
 * Looks after the pool of a run whose tasks wait: bad nodes are replaced, missing ones asked for again. Returns whether
 * there was any trouble. Throws `UnhealthyNodes` or `NoCapacity` when that would lead nowhere.
 */
export async function tendPool(ref: RunRef, tasksCompleted: number): Promise<boolean> {
  const { run } = ref;
  const need = await nodesFor(run);
  const pool = await poolState(run);
  if (!pool) {
    await openPool(ref);
    return true;
  }
  const bad = pool.have > 0 ? await badNodes(run) : [];
  if (bad.length > 0) {
    await replace(run, bad, { need, tasksCompleted });
    return true;
  }
  const { pipeline } = await runPipeline(run);
  const verdict = judgeCapacity({ ...pool, need }, pipeline.pool.vmSize);
  if (verdict.kind === 'refused') throw new SluiceError('NoCapacity', `${verdict.message}.`);
  if (verdict.kind === 'coming') {
    if (pool.have > 0) await stopWaiting(ref);
    return false;
  }
  const { have } = pool;
  const { maxWait } = pipeline.pool;
  await waitForCapacity(
    ref,
    { have, need, message: verdict.message },
    { maxWait, now: Date.now() },
  );
  await resizePool(run, nodeTargets(pipeline.pool.nodes, need));
  return true;
}

/** Keeps what bad nodes left, lets go of them, and gives up when that has been done too often. */
async function replace(
  run: string,
  bad: BadNode[],
  { need, tasksCompleted }: { need: number; tasksCompleted: number },
): Promise<void> {
  const present = new Set(bad.map(({ id }) => `${id}.json`));
  const gone = (await listRunFiles(run, 'nodes/')).filter(
    (name) => name.endsWith('.json') && !present.has(name),
  );
  const replaced = gone.length;
  for (const node of bad) await keepLogs(run, node);
  if (breaksCircuit({ replaced, need, tasksCompleted })) throw await unhealthy(run, bad, replaced);
  await removeNodes(
    run,
    bad.map(({ id }) => id),
  );
}

async function keepLogs(run: string, node: BadNode): Promise<void> {
  for (const path of STARTUP_LOGS) {
    const text = await readNodeFile(run, node.id, path);
    if (text !== null) await putRunFile(run, `nodes/${node.id}/${path}`, text, 'text/plain');
  }
  await commitJson(run, `nodes/${node.id}.json`, node);
}

async function unhealthy(run: string, bad: BadNode[], replaced: number): Promise<SluiceError> {
  const [{ id, state, errors } = { id: '', state: '', errors: [] }] = bad;
  const reason = errors.length > 0 ? errors.join('; ') : 'Batch gives no reason';
  const stderr = id && (await readNodeFile(run, id, 'startup/stderr.txt'));
  const setup = stderr?.trim() ? ` Its setup said: ${stderr.trim().slice(-SHOWN_CHARACTERS)}` : '';
  return new SluiceError(
    'UnhealthyNodes',
    `Nodes keep coming up bad: ${replaced} were replaced, and now ${id} is ${state} (${reason}).${setup} ` +
      `What they left is in sluice/runs/${run}/nodes/. Look at pool.setup, whether nodes can reach Batch and storage (network rules, DNS), and at the image and the VM size.`,
  );
}
