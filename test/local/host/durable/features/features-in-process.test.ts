import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { registerFunctions, startEngine, type TestEngine } from '../../support/engine.ts';
import { temporaryDirectory } from '../../support/running-host.ts';
import { content, golden } from './golden.ts';
import { historiesOf, idOf, scenarios, type Driver } from './scenarios.ts';
import { readHistory } from '../../../../../local/host/durable/replay-history.ts';

const data = temporaryDirectory();
let engine: TestEngine;
beforeAll(async () => {
  const { registry } = registerFunctions();
  await import('../../apps/features/functions/app.ts');
  engine = startEngine(registry, { dataDir: data.path });
});
afterAll(async () => {
  await engine.stop();
  data.remove();
});

describe('in this process', () => {
  it.each(scenarios)('$title', async (scenario) => {
    const id = idOf(scenario);
    const input = JSON.stringify(scenario.input ?? null);
    await engine.start({ name: scenario.orchestrator, instanceId: id, input });
    await scenario.act?.(driver(id), id);
    const { status, output, customStatus } = await engine.untilEnd(id);
    expect([status, JSON.parse(output!), JSON.parse(customStatus ?? 'null')]).toEqual([
      scenario.status ?? 'Completed',
      scenario.output,
      scenario.customStatus ?? null,
    ]);
    const read = (instanceId: string, generation?: number) =>
      readHistory(data.path, instanceId, generation);
    for (const [name, history] of historiesOf(scenario, read)) {
      expect([name, content(history)]).toEqual([name, content(golden(name))]);
    }
  });
});

function driver(id: string): Driver {
  return {
    raise: async (name, value) =>
      expect(await engine.raiseEvent(id, name, JSON.stringify(value))).toBe('done'),
    suspend: async () => expect(await engine.suspend(id, 'wait')).toBe('done'),
    resume: async () => expect(await engine.resume(id, 'go')).toBe('done'),
    terminate: async (reason) => expect(await engine.terminate(id, reason)).toBe('done'),
    untilRunning: async () => void (await engine.until(id, ({ status }) => status === 'Running')),
    untilStatus: async (wanted) =>
      void (await engine.until(id, (seen) => seen.customStatus === JSON.stringify(wanted))),
    untilEnded: async (other) => void (await engine.untilEnd(other)),
  };
}
