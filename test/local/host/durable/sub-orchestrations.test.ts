import * as df from 'durable-functions';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readHistory } from '../../../../local/host/durable/replay-history.ts';
import { EventType } from '../../../../local/host/durable/protocol.ts';
import { registerFunctions, startEngine, type TestEngine } from '../support/engine.ts';
import { temporaryDirectory } from '../support/running-host.ts';

type Context = df.OrchestrationContext;

interface Call {
  name: string;
  id?: string;
  input?: unknown;
  version?: string;
}

const data = temporaryDirectory();
let engine: TestEngine;
let runs = 0;
beforeAll(() => {
  const { registry } = registerFunctions();
  df.app.orchestration('calls', function* (context: Context) {
    const { name, id, input, version } = context.df.getInput<Call>();
    try {
      const result: unknown = yield context.df.callSubOrchestrator(name, input, id, version);
      return { result };
    } catch (error) {
      return { caught: (error as Error).message };
    }
  });
  df.app.orchestration('triesAgain', function* (context: Context) {
    const { name, id } = context.df.getInput<Call>();
    const options = new df.RetryOptions(1, 3);
    return yield context.df.callSubOrchestratorWithRetry(name, options, null, id);
  });
  // Orchestrators must be generators, though these have nothing to wait for.
  /* oxlint-disable require-yield */
  df.app.orchestration('tells', function* (context: Context) {
    const { instanceId, parentInstanceId, version } = context.df;
    return { instanceId, parent: parentInstanceId, version, input: context.df.getInput() };
  });
  df.app.orchestration('fails', function* () {
    throw new Error('child is bad');
  });
  df.app.orchestration('failsTwice', function* () {
    runs += 1;
    if (runs < 3) throw new Error(`attempt ${runs}`);
    return runs;
  });
  /* oxlint-enable require-yield */
  df.app.orchestration('waits', function* (context: Context) {
    yield context.df.waitForExternalEvent('never');
  });
  engine = startEngine(registry, { dataDir: data.path });
});
afterAll(async () => {
  await engine.stop();
  data.remove();
});

async function output(name: string, instanceId: string, call: Call): Promise<unknown> {
  expect(await engine.start({ name, instanceId, input: JSON.stringify(call) })).toEqual({
    instanceId,
  });
  return JSON.parse((await engine.untilEnd(instanceId)).output!);
}

describe('a sub-orchestration', () => {
  it('without an id is named by the execution and the task that called it', async () => {
    const { result } = (await output('calls', 'unnamed', { name: 'tells' })) as { result: unknown };
    const { executionId } = engine.get('unnamed')!;
    expect(result).toEqual({
      instanceId: `${executionId}:0`,
      parent: 'unnamed',
      version: null,
      input: null,
    });
  });

  it('gets its id, its input and its version', async () => {
    const call = { name: 'tells', id: 'mine', input: 'plain text', version: 'v2' };
    expect(await output('calls', 'named', call)).toEqual({
      result: { instanceId: 'mine', parent: 'named', version: 'v2', input: 'plain text' },
    });
    const created = readHistory(data.path, 'named').find(
      ({ EventType: type }) => type === EventType.SubOrchestrationInstanceCreated,
    );
    expect(created).toMatchObject({ Name: 'tells', InstanceId: 'mine', Version: 'v2' });
  });

  it('that fails tells its reason and its details', async () => {
    expect(await output('calls', 'unlucky', { name: 'fails' })).toEqual({
      caught:
        "Orchestrator function 'fails' failed: child is bad \n Message: child is bad, StackTrace: ",
    });
  });

  it('that is not there fails its call, and no instance is made', async () => {
    const { caught } = (await output('calls', 'lost', { name: 'nobody', id: 'nobody-1' })) as {
      caught: string;
    };
    expect(caught).toContain("The function 'nobody' doesn't exist");
    expect(caught).toContain('(Azure would leave this instance Running for ever.)');
    expect(engine.get('nobody-1')).toBe(undefined);
  });

  it('cannot have the id of its parent, nor of an instance that lives', async () => {
    const own = { name: 'tells', id: 'selfish' };
    expect(await output('calls', 'selfish', own)).toEqual({
      caught: expect.stringContaining(
        'The instance id "selfish" of a sub-orchestration is that of its parent.',
      ),
    });
    await engine.start({ name: 'waits', instanceId: 'alive', input: 'null' });
    await engine.until('alive', ({ status }) => status === 'Running');
    expect(await output('calls', 'clumsy', { name: 'tells', id: 'alive' })).toEqual({
      caught: expect.stringContaining(
        'An Orchestration instance with the status Running already exists.',
      ),
    });
    expect(engine.get('alive')!.status).toBe('Running');
  });

  it('takes the id of an instance that has ended', async () => {
    await output('tells', 'used', { name: 'first' });
    expect(await output('calls', 'again', { name: 'tells', id: 'used', input: 2 })).toMatchObject({
      result: { instanceId: 'used', input: 2 },
    });
  });

  it('is tried again under the same id', async () => {
    expect(await output('triesAgain', 'stubborn', { name: 'failsTwice', id: 'third-time' })).toBe(
      3,
    );
    expect(engine.get('third-time')!.status).toBe('Completed');
  });
});
