import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { HistoryEvent } from '../../../../../local/host/durable/protocol.ts';
import { readHistory } from '../../../../../local/host/durable/replay-history.ts';
import { call } from '../../support/durable-client.ts';
import {
  eventually,
  raise,
  startHost,
  status,
  temporaryDirectory,
  until,
  untilEnd,
  type RunningHost,
} from '../../support/running-host.ts';
import { content, golden } from './golden.ts';
import { historiesOf, idOf, scenarios, type Driver } from './scenarios.ts';

const data = temporaryDirectory();
let host: RunningHost;
beforeAll(async () => void (host = await startHost({ app: 'features', dataDir: data.path })));
afterAll(async () => {
  await host.kill('SIGTERM');
  data.remove();
});

describe('over HTTP, in a real process', () => {
  it.each(scenarios)('$title', async (scenario) => {
    const id = idOf(scenario);
    const path = `orchestrators/${scenario.orchestrator}/${id}`;
    expect((await call(host, 'POST', path, scenario.input ?? null)).status).toBe(202);
    await scenario.act?.(driver(id), id);
    expect(await untilEnd(host, id)).toMatchObject({
      name: scenario.orchestrator,
      runtimeStatus: scenario.status ?? 'Completed',
      output: scenario.output,
      customStatus: scenario.customStatus ?? null,
    });
    const read = (instanceId: string, generation?: number): HistoryEvent[] =>
      readHistory(data.path, instanceId, generation);
    for (const [name, history] of historiesOf(scenario, read)) {
      expect([name, content(history)]).toEqual([name, content(golden(name, history))]);
    }
  });
});

function driver(id: string): Driver {
  const operate = async (operation: string): Promise<void> =>
    expect((await call(host, 'POST', `instances/${id}/${operation}`)).status).toBe(202);
  return {
    raise: async (name, value) => expect(await raise(host, id, name, value)).toBe(202),
    suspend: () => operate('suspend?reason=wait'),
    resume: () => operate('resume?reason=go'),
    terminate: (reason) => operate(`terminate?reason=${reason}`),
    untilRunning: async () => void (await until(host, id, 'Running')),
    untilStatus: async (wanted) => {
      await eventually(
        () => status(host, id),
        (seen) => JSON.stringify(seen.customStatus) === JSON.stringify(wanted),
      );
    },
    untilEnded: async (other) => void (await untilEnd(host, other)),
  };
}
