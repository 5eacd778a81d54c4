import { historyEvent, taskCompleted } from '../../../local/host/durable/events.ts';
import { prune, type PlayedEvent } from '../../../local/host/durable/execution.ts';
import { replay } from '../../../local/host/durable/replay.ts';
import { createInvoke } from '../../../local/host/app/invoke.ts';
import { installCoreModule } from '../../../local/host/app/core-module.ts';
import { loadApp } from '../../../local/host/app/load.ts';
import { createRegistry } from '../../../local/host/app/registry.ts';
import { benchApp, line } from './measure.ts';

/** Four events a step: the turn's start and end, the activity scheduled and completed. */
const EVENTS_A_STEP = 4;

/** Milliseconds of one replay of a chain of activities, by the length of its history. */
export async function replays(): Promise<string[]> {
  const log = (): void => undefined;
  const registry = createRegistry();
  const uninstall = installCoreModule(registry, log);
  await loadApp(registry, { directory: benchApp, functions: undefined });
  const chain = registry.functions.get('chain');
  if (!chain) throw new Error('The bench app has no orchestration "chain".');
  const invoke = createInvoke({ registry, log, durableClient: '{}' });
  const lines: string[] = [];
  for (const events of [100, 1_000, 10_000]) {
    const steps = events / EVENTS_A_STEP;
    const request = {
      function: chain,
      instanceId: 'bench',
      parentInstanceId: null,
      input: JSON.stringify(steps),
      isReplaying: true,
    };
    const times: number[] = [];
    for (let round = 0; round < 15; round += 1) {
      const history = historyOf(steps);
      const began = performance.now();
      const { ended } = await replay(invoke, { ...request, events: history });
      times.push(performance.now() - began);
      if (!ended) throw new Error('The replayed orchestration did not end.');
    }
    const median = times.toSorted((a, b) => a - b)[7] ?? 0;
    lines.push(line(`host: replay of ${events} events`, `${median.toFixed(2)} ms`));
  }
  uninstall();
  return lines;
}

function historyOf(steps: number): PlayedEvent[] {
  const start = historyEvent('ExecutionStarted', 0, { Name: 'chain' });
  const history = [historyEvent('OrchestratorStarted', 0), start];
  for (let taskId = 0; taskId < steps; taskId += 1) {
    history.push(historyEvent('TaskScheduled', 0, { EventId: taskId, Name: 'sayHello' }));
    history.push(historyEvent('OrchestratorCompleted', 0), historyEvent('OrchestratorStarted', 0));
    history.push(taskCompleted('TaskCompleted', 0, { taskId, result: `"Hello city-${taskId}!"` }));
  }
  return history.flatMap((event) => prune(event) ?? []);
}
