import { afterAll, beforeAll, expect, it } from 'vitest';
import { EventType } from '../../../../local/host/durable/protocol.ts';
import { readHistory } from '../../../../local/host/durable/replay-history.ts';
import { run, startHost, temporaryDirectory, type RunningHost } from '../support/running-host.ts';

const data = temporaryDirectory();
let host: RunningHost;
beforeAll(async () => void (host = await startHost({ dataDir: data.path })));
afterAll(async () => {
  await host.kill('SIGTERM');
  data.remove();
});

function turnsOf(instanceId: string): number {
  const history = readHistory(data.path, instanceId);
  return history.filter((event) => event.EventType === EventType.OrchestratorStarted).length;
}

it('a wide fan-out takes completions together: far fewer turns than activities', async () => {
  await run(host, 'fanOut', { count: 2_000 }, 'wide');
  expect(turnsOf('wide')).toBeLessThan(200);
});

it('an activity that nothing runs beside is not waited after: a turn for each', async () => {
  await run(host, 'chain', { steps: 20 }, 'chain');
  expect(turnsOf('chain')).toBe(21);
});
