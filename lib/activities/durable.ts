import type { DurableClient } from 'durable-functions';
import { messageOf } from '../errors.ts';
import type { InstanceState } from '../plan/adoption.ts';
import { collectorInstance, runInstance } from '../plan/ids.ts';
import type { RunRecord } from '../plan/run.ts';

/** Wakes the collector of a pipeline, or starts it. A poke carries nothing: losing one costs time only. */
export async function poke(client: DurableClient, pipeline: string): Promise<void> {
  const instanceId = collectorInstance(pipeline);
  const started = await startUnlessLive(client, 'collector', { instanceId, input: { pipeline } });
  if (!started) await client.raiseEvent(instanceId, 'poke', null);
}

/** Starts the instance that drives a run in its epoch, unless the run has ended. */
export async function startRun(client: DurableClient, record: RunRecord): Promise<void> {
  if (record.status === 'Running') await drive(client, record);
}

/** Starts the instance of a run's epoch if it never was: starting one that has ended would wipe it. */
export async function drive(client: DurableClient, { id, epoch }: RunRecord): Promise<void> {
  const instanceId = runInstance(id, epoch);
  if (await instanceState(client, instanceId)) return;
  await startUnlessLive(client, 'run', { instanceId, input: { run: id, epoch } });
}

/** What the platform knows of an instance; null when it knows none of that id. */
export async function instanceState(
  client: DurableClient,
  instanceId: string,
): Promise<InstanceState | null> {
  try {
    const { runtimeStatus, lastUpdatedTime } = await client.getStatus(instanceId);
    return { status: runtimeStatus, movedAt: new Date(lastUpdatedTime).getTime() };
  } catch (error) {
    if (messageOf(error).includes('HTTP 404')) return null;
    throw error;
  }
}

/** Wakes the instance of a run from its sleep; one that has ended or never was has nothing to be woken for. */
export async function wake(client: DurableClient, instanceId: string): Promise<void> {
  try {
    await client.raiseEvent(instanceId, 'wake', null);
  } catch (error) {
    if (!messageOf(error).startsWith('No instance')) throw error;
  }
}

/** Ends an instance that is stuck; one that has ended or is gone is as good. */
export async function stopInstance(client: DurableClient, instanceId: string): Promise<void> {
  try {
    await client.terminate(instanceId, 'adopted');
  } catch (error) {
    if (!messageOf(error).startsWith('No instance')) throw error;
  }
}

async function startUnlessLive(
  client: DurableClient,
  orchestrator: string,
  options: { instanceId: string; input: unknown },
): Promise<boolean> {
  try {
    await client.startNew(orchestrator, options);
    return true;
  } catch (error) {
    // The SDK tells a live duplicate only by the text of its error (durable-functions 3.5.0).
    if (messageOf(error).includes('unexpected status code: 409')) return false;
    throw error;
  }
}
