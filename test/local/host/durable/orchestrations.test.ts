import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  raise,
  run,
  start,
  startHost,
  status,
  temporaryDirectory,
  until,
  untilEnd,
  type RunningHost,
} from '../support/running-host.ts';

const data = temporaryDirectory();
let host: RunningHost;
beforeAll(async () => void (host = await startHost({ dataDir: data.path })));
afterAll(async () => {
  await host.kill('SIGTERM');
  data.remove();
});

describe('an orchestration', () => {
  it('fans out to activities and completes with its output and custom status', async () => {
    const ended = await run(host, 'fanOut', { count: 5 }, 'fan');
    expect(ended).toMatchObject({
      name: 'fanOut',
      instanceId: 'fan',
      runtimeStatus: 'Completed',
      input: { count: 5 },
      customStatus: { phase: 'done' },
      output: { sum: 55, instanceId: 'fan' },
    });
  });

  it('runs activities one after the other', async () => {
    expect((await run(host, 'chain', { steps: 40 })).output).toBe(41);
  });

  it('gets an event that was raised before it waited for it', async () => {
    const id = await start(host, 'waiter');
    expect(await raise(host, id, 'approval', { ok: true })).toBe(202);
    expect((await untilEnd(host, id)).output).toEqual({ got: { ok: true } });
  });

  it('completes as soon as the timer it raced with is cancelled', async () => {
    const id = await start(host, 'race', { seconds: 60 });
    await until(host, id, 'Running');
    await raise(host, id, 'go', true);
    expect((await untilEnd(host, id)).output).toEqual({ winner: 'event', value: true });
  });

  it('goes on when its timer fires', async () => {
    const ended = await run(host, 'race', { seconds: 0.2 });
    expect(ended.output).toEqual({ winner: 'timer' });
  });

  it('continues as new with the next input', async () => {
    const ended = await run(host, 'loop', 0);
    expect(ended).toMatchObject({ input: 2, output: { loops: 2 } });
  });

  it('waits for a sub-orchestration', async () => {
    const id = await start(host, 'parent');
    await until(host, `${id}:child`, 'Running');
    await raise(host, `${id}:child`, 'approval', 7);
    expect((await untilEnd(host, id)).output).toEqual({ got: 7 });
  });

  it('retries an activity until it succeeds', async () => {
    expect((await run(host, 'retried')).output).toBe(3);
  });

  it('fails with the texts of Azure when the last retry has failed', async () => {
    const ended = await run(host, 'failing', undefined, 'failing');
    expect(ended.runtimeStatus).toBe('Failed');
    expect(ended.output).toContain(
      "Orchestrator function 'failing' failed: Activity function 'boom' failed:  boom-activity \n {\"$type\":\"System.Exception",
    );
    const { historyEvents } = await status(host, 'failing', '?showHistory=true');
    expect(historyEvents!.map((event) => event['EventType'])).toEqual([
      'ExecutionStarted',
      'TaskFailed',
      'TimerCreated',
      'TimerFired',
      'TaskFailed',
      'TimerCreated',
      'TimerFired',
      'ExecutionCompleted',
    ]);
  });
});
