import * as df from 'durable-functions';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Registry } from '../../../../../local/host/app/registry.ts';
import {
  EventType,
  isTerminal,
  type HistoryEvent,
} from '../../../../../local/host/durable/protocol.ts';
import { readHistory, replayHistory } from '../../../../../local/host/durable/replay-history.ts';
import type { Instance } from '../../../../../local/host/durable/store/instances.ts';
import { registerFunctions, startEngine, type TestEngine } from '../../support/engine.ts';
import { temporaryDirectory } from '../../support/running-host.ts';
import { expected, nodesOf, programs, runProgram, type Program } from './program.ts';

const runs = new Map<string, number>();
const count = (key: string): number => {
  const now = (runs.get(key) ?? 0) + 1;
  runs.set(key, now);
  return now;
};
let registry: Registry;
const data = temporaryDirectory();
let round = 0;

beforeAll(() => {
  ({ registry } = registerFunctions());
  df.app.orchestration('program', runProgram);
  df.app.activity('run', {
    handler: (id: number) => {
      count(`${round}:${id}`);
      return id;
    },
  });
  df.app.activity('failing', {
    handler: ({ id, failures }: { id: number; failures: number }) => {
      if (count(`${round}:${id}`) <= failures) throw new Error(`not yet ${id}`);
      return id;
    },
  });
  df.app.entity('sums', (context: df.EntityContext<number>) => {
    const value = context.df.getState(() => 0) ?? 0;
    if (context.df.operationName === 'get') return context.df.return(value);
    context.df.setState(value + context.df.getInput<number>()!);
  });
});
afterAll(() => data.remove());

const numRuns = Number(process.env['RANDOM_PROGRAMS'] ?? 60);

describe('any program', () => {
  let engine: TestEngine;
  beforeAll(() => void (engine = startEngine(registry, { dataDir: `${data.path}/steady` })));
  afterAll(() => engine.stop());

  it('gives what it must, runs each activity once, and its history can be replayed', async () => {
    await fc.assert(
      fc.asyncProperty(programs(), async (program) => {
        const id = await begin(engine, program);
        const { status, output } = await untilEnd(engine, id, program);
        expect([status, JSON.parse(output!)]).toEqual(['Completed', expected(program)]);
        expect(wrongCounts(program)).toEqual([]);
        await expectReplayable(readHistory(`${data.path}/steady`, id), JSON.parse(output!));
      }),
      { numRuns },
    );
  });
});

describe('any program whose host ends or is killed now and then', () => {
  it('gives what it must', async () => {
    const dataDir = `${data.path}/shaky`;
    const pauses = fc.array(fc.record({ turns: fc.nat(20), abrupt: fc.boolean() }), {
      maxLength: 4,
    });
    await fc.assert(
      fc.asyncProperty(programs(), pauses, async (program, ends) => {
        let engine = startEngine(registry, { dataDir });
        const id = await begin(engine, program);
        for (const { turns, abrupt } of ends) {
          raiseAll(engine, program);
          for (let turn = 0; turn < turns; turn++) await nextTurn();
          if (abrupt) engine.crash();
          else await engine.stop();
          engine = startEngine(registry, { dataDir });
        }
        const { status, output } = await untilEnd(engine, id, program);
        await engine.stop();
        expect([status, JSON.parse(output!)]).toEqual(['Completed', expected(program)]);
      }),
      { numRuns: Math.ceil(numRuns / 3) },
    );
  });
});

async function begin(engine: TestEngine, program: Program): Promise<string> {
  round += 1;
  const instanceId = `program-${round}`;
  const input = JSON.stringify({ program, results: [], sum: 0 });
  await engine.start({ name: 'program', instanceId, input });
  return instanceId;
}

/** Raises what is waited for again and again: continueAsNew loses what it has not taken. */
async function untilEnd(engine: TestEngine, id: string, program: Program): Promise<Instance> {
  return engine.until(id, ({ status }) => {
    if (isTerminal(status)) return true;
    raiseAll(engine, program);
    return false;
  });
}

function raiseAll(engine: TestEngine, program: Program): void {
  const alive = engine.list({ statuses: ['Pending', 'Running'] });
  for (const node of nodesOf(program)) {
    if (node.kind !== 'event') continue;
    const value = JSON.stringify({ event: node.id });
    for (const { instanceId } of alive) void engine.raiseEvent(instanceId, `e${node.id}`, value);
  }
}

/** Activities that ran too seldom or too often; one that lost a race need not be tried again. */
function wrongCounts(program: Program): unknown[] {
  const nodes = nodesOf(program);
  const races = nodes.some((node) => node.kind === 'any');
  return nodes.filter((node) => {
    if (node.kind !== 'activity' && node.kind !== 'retry') return false;
    const most = node.kind === 'retry' ? node.failures + 1 : 1;
    const ran = runs.get(`${round}:${node.id}`) ?? 0;
    return ran > most || ran < (races ? 1 : most);
  });
}

async function expectReplayable(history: HistoryEvent[], output: unknown): Promise<void> {
  const start = history.find(({ EventType: type }) => type === EventType.ExecutionStarted)!;
  const play = (length: number) =>
    replayHistory({
      orchestrator: runProgram as df.OrchestrationHandler,
      instanceId: start.OrchestrationInstance!.InstanceId,
      input: JSON.parse(start.Input!),
      history: history.slice(0, length),
    });
  let asked = 0;
  for (const [index, event] of history.entries()) {
    if (event.EventType !== EventType.OrchestratorCompleted) continue;
    const { actions, error } = await play(index);
    expect(error).toBe(undefined);
    expect(actions.length).toBeGreaterThanOrEqual(asked);
    asked = actions.length;
  }
  expect((await play(history.length)).output).toEqual(output);
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
