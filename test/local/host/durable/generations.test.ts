import * as df from 'durable-functions';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readHistory } from '../../../../local/host/durable/replay-history.ts';
import { registerFunctions, startEngine, type TestEngine } from '../support/engine.ts';
import { temporaryDirectory } from '../support/running-host.ts';

type Context = df.OrchestrationContext;

const data = temporaryDirectory();
let engine: TestEngine;
let log: () => string;
/** Called by orchestrators as their first generation ends. */
let atTheEnd: (instanceId: string) => void = () => undefined;

beforeAll(() => {
  const registered = registerFunctions();
  log = registered.log;
  df.app.activity('identity', { handler: (value: unknown) => value });
  df.app.orchestration('waitsInTheNext', function* (context: Context) {
    const generation = context.df.getInput<number>();
    if (generation === 0) {
      yield context.df.callActivity('identity', 1);
      atTheEnd(context.df.instanceId);
      return context.df.continueAsNew(1);
    }
    const value: unknown = yield context.df.waitForExternalEvent('e');
    return { value };
  });
  df.app.orchestration('endsBesideATask', function* (context: Context) {
    if (context.df.getInput<number>() === 1) return 'next';
    const slow = context.df.createTimer(new Date(context.df.currentUtcDateTime.getTime() + 60));
    yield context.df.Task.any([slow, context.df.callActivity('identity', 1)]);
    context.df.setCustomStatus('has ended');
    return context.df.continueAsNew(1);
  });
  df.app.orchestration('throwsAfterwards', function* (context: Context) {
    yield context.df.callActivity('identity', 1);
    context.df.continueAsNew(1);
    throw new Error('after continueAsNew');
  });
  df.app.orchestration('parent', function* (context: Context) {
    const child = `${context.df.instanceId}-child`;
    return yield context.df.callSubOrchestrator('waitsInTheNext', 0, child);
  });
  engine = startEngine(registered.registry, { dataDir: data.path });
});
afterAll(async () => {
  await engine.stop();
  data.remove();
});

async function start(name: string, instanceId: string): Promise<void> {
  expect(await engine.start({ name, instanceId, input: '0' })).toEqual({ instanceId });
}

async function outcome(instanceId: string): Promise<unknown[]> {
  const { status, output, generation } = await engine.untilEnd(instanceId);
  return [status, JSON.parse(output!), generation];
}

describe('an orchestration that continues as new', () => {
  it('finds an event in its next generation that came while it ended', async () => {
    let raised: Promise<unknown> | undefined;
    atTheEnd = (instanceId) => {
      if (raised) return;
      raised = engine.raiseEvent(instanceId, 'e', '"just in time"');
    };
    await start('waitsInTheNext', 'carried');
    expect(await outcome('carried')).toEqual(['Completed', { value: 'just in time' }, 1]);
    expect(await raised).toBe('done');
    expect(log()).not.toContain('Lost: e');
  });

  it('does not end while a task of its is open, as in Azure', async () => {
    await start('endsBesideATask', 'beside');
    expect(await outcome('beside')).toEqual(['Completed', 'next', 1]);
    const types = readHistory(data.path, 'beside', 0).map((event) => event.EventType);
    expect(types.indexOf(11)).toBeGreaterThan(0);
    expect(types.indexOf(16)).toBeGreaterThan(types.indexOf(11));
  });

  it('fails when it throws afterwards', async () => {
    await start('throwsAfterwards', 'throws');
    expect(await outcome('throws')).toEqual([
      'Failed',
      "Orchestrator function 'throwsAfterwards' failed: after continueAsNew",
      0,
    ]);
  });

  it('answers its parent when its last generation ends', async () => {
    atTheEnd = () => undefined;
    await start('parent', 'family');
    await engine.until('family-child', ({ generation }) => generation === 1);
    await engine.raiseEvent('family-child', 'e', '7');
    expect(await outcome('family')).toEqual(['Completed', { value: 7 }, 0]);
  });
});

describe('a parent that is terminated', () => {
  it('leaves its child running, whose end nobody waits for', async () => {
    await start('parent', 'gone');
    await engine.until('gone-child', ({ generation }) => generation === 1);
    expect(await engine.terminate('gone', 'enough')).toBe('done');
    expect(engine.get('gone-child')!.status).not.toBe('Terminated');
    await engine.raiseEvent('gone-child', 'e', '1');
    expect(await outcome('gone-child')).toEqual(['Completed', { value: 1 }, 1]);
    expect(engine.get('gone')!.status).toBe('Terminated');
  });
});
