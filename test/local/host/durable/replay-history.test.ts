import type { OrchestrationContext } from 'durable-functions';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readHistory, replayHistory } from '../../../../local/host/durable/replay-history.ts';
import { run, startHost, temporaryDirectory, type RunningHost } from '../support/running-host.ts';

const data = temporaryDirectory();
let host: RunningHost;
beforeAll(async () => void (host = await startHost({ dataDir: data.path })));
afterAll(async () => {
  await host.kill('SIGTERM');
  data.remove();
});

function* chain(context: OrchestrationContext) {
  const { steps } = context.df.getInput<{ steps: number }>();
  let value = 1;
  for (let step = 0; step < steps; step++) {
    value = yield context.df.callActivity('identity', value + 1);
  }
  return value;
}

it('a recorded history can be replayed at every prefix, while the host runs', async () => {
  await run(host, 'chain', { steps: 4 }, 'recorded');
  const history = readHistory(data.path, 'recorded');
  expect(history.map((event) => event.EventType).join(' ')).toBe(
    '12 0 4 13 12 5 4 13 12 5 4 13 12 5 4 13 12 5 13 1',
  );

  let actions = 0;
  for (let length = 2; length <= history.length; length++) {
    const result = await replayHistory({
      orchestrator: chain,
      instanceId: 'recorded',
      input: { steps: 4 },
      history: history.slice(0, length),
    });
    expect(result.error).toBe(undefined);
    expect(result.actions.length).toBeGreaterThanOrEqual(actions);
    actions = result.actions.length;
    expect(result.isDone).toBe(length >= history.length - 2);
    if (result.isDone) expect(result.output).toBe(5);
  }
});

it('what an orchestrator throws is told', async () => {
  const result = await replayHistory({
    orchestrator: function* (context: OrchestrationContext) {
      yield context.df.callActivity('identity', 1);
      throw new Error('after one step');
    },
    instanceId: 'recorded',
    input: null,
    history: readHistory(data.path, 'recorded'),
  });
  expect(result).toMatchObject({
    isDone: false,
    error: 'after one step',
    actions: [{ functionName: 'identity' }],
  });
});

it('earlier generations of a continueAsNew chain can be read', async () => {
  await run(host, 'loop', 0, 'loop');
  const inputs = [0, 1, 2].map(
    (generation) => readHistory(data.path, 'loop', generation)[1]!.Input,
  );
  expect(inputs).toEqual(['0', '1', '2']);
});

it('an instance that is not there is refused by name', () => {
  expect(() => readHistory(data.path, 'none')).toThrow('holds no instance "none"');
});
