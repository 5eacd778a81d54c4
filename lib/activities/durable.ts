import type { DurableClient } from 'durable-functions';
import { messageOf } from '../errors.ts';
import { collectorInstance, runInstance } from '../plan/ids.ts';
import type { RunRecord } from '../plan/run.ts';

/** Wakes the collector of a pipeline, or starts it. A poke carries nothing: losing one costs time only. */
export async function poke(client: DurableClient, pipeline: string): Promise<void> {
  const instanceId = collectorInstance(pipeline);
  const started = await startUnlessLive(client, 'collector', { instanceId, input: { pipeline } });
  if (!started) await client.raiseEvent(instanceId, 'poke', null);
}

/** Starts the instance that drives a run in its epoch, unless the run has ended; one that is going stays. */
export async function startRun(client: DurableClient, record: RunRecord): Promise<void> {
  if (record.status !== 'Running') return;
  const { id: run, epoch } = record;
  await startUnlessLive(client, 'run', {
    instanceId: runInstance(run, epoch),
    input: { run, epoch },
  });
}

/** Whether an instance exists that has not come to an end. */
export async function isLive(client: DurableClient, instanceId: string): Promise<boolean> {
  try {
    const { runtimeStatus } = await client.getStatus(instanceId);
    return ['Pending', 'Running', 'ContinuedAsNew', 'Suspended'].includes(runtimeStatus);
  } catch (error) {
    if (messageOf(error).includes('HTTP 404')) return false;
    throw error;
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
