import * as df from 'durable-functions';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readHistory } from '../../../../local/host/durable/replay-history.ts';
import type { Registry } from '../../../../local/host/app/registry.ts';
import { EventType } from '../../../../local/host/durable/protocol.ts';
import { call } from '../support/durable-client.ts';
import { manualClock, registerFunctions, startEngine } from '../support/engine.ts';
import {
  run,
  start,
  startHost,
  temporaryDirectory,
  until,
  untilEnd,
  type RunningHost,
} from '../support/running-host.ts';

type Context = df.OrchestrationContext;

let registry: Registry;
beforeAll(() => {
  ({ registry } = registerFunctions());
  /** Waits for each of its events by its own name, all at once. */
  df.app.orchestration('gathers', function* (context: Context) {
    const count = context.df.getInput<number>();
    const waits = Array.from({ length: count }, (_, n) => context.df.waitForExternalEvent(`e${n}`));
    const values: number[] = yield context.df.Task.all(waits);
    return values;
  });
  /** Takes events of one name, one after the other. */
  df.app.orchestration('takes', function* (context: Context) {
    const values: number[] = [];
    const count = context.df.getInput<number>();
    while (values.length < count) {
      const value: number = yield context.df.waitForExternalEvent('e');
      values.push(value);
    }
    return values;
  });
  df.app.orchestration('sleeps', function* (context: Context) {
    const day = 24 * 60 * 60 * 1000;
    const wakeAt = new Date(context.df.currentUtcDateTime.getTime() + 40 * day);
    yield context.df.createTimer(wakeAt);
    return context.df.currentUtcDateTime.getTime();
  });
});

const places: { remove(): void }[] = [];
function place(): string {
  const directory = temporaryDirectory();
  places.push(directory);
  return directory.path;
}
afterAll(() => places.forEach((each) => each.remove()));

/** The numbers below `count` in an order that is always the same, and far from theirs. */
function shuffled(count: number): number[] {
  // 7 919 is prime and no divisor of the counts used here.
  return Array.from({ length: count }, (_, n) => (n * 7_919) % count);
}

describe('ten thousand events raised out of order', () => {
  const count = 10_000;

  it.each(['gathers', 'takes'])('are each seen once (%s)', async (name) => {
    const dataDir = place();
    const engine = startEngine(registry, { dataDir });
    await engine.start({ name, instanceId: 'one', input: JSON.stringify(count) });
    const order = shuffled(count);
    const outcomes: Promise<string>[] = [];
    for (const [index, n] of order.entries()) {
      const event = name === 'gathers' ? `e${n}` : 'e';
      outcomes.push(engine.raiseEvent('one', event, JSON.stringify(n)));
      // Episodes run between them.
      if (index % 1_000 === 0) await outcomes.at(-1);
    }
    expect(new Set(await Promise.all(outcomes))).toEqual(new Set(['done']));
    const { output } = await engine.untilEnd('one');
    const expected = name === 'gathers' ? order.toSorted((a, b) => a - b) : order;
    expect(JSON.parse(output!)).toEqual(expected);
    const raised = readHistory(dataDir, 'one').filter(
      (event) => event.EventType === EventType.EventRaised,
    );
    expect(raised).toHaveLength(count);
    await engine.stop();
  });
});

describe('a durable timer of forty days', () => {
  it('fires at its time, not before, and also after the host was away', async () => {
    const dataDir = place();
    const begun = Date.parse('2026-01-01T00:00:00Z');
    const end = begun + 40 * 24 * 60 * 60 * 1000;
    const clock = manualClock(begun);
    const first = startEngine(registry, { dataDir, clock });
    await first.start({ name: 'sleeps', instanceId: 'awake', input: 'null' });
    await first.start({ name: 'sleeps', instanceId: 'away', input: 'null' });
    await first.until('awake', ({ status }) => status === 'Running');
    await first.until('away', ({ status }) => status === 'Running');
    await clock.moveTo(end - 1);
    expect(readHistory(dataDir, 'awake').map((event) => event.EventType)).toEqual([12, 0, 10, 13]);
    await first.suspend('away', 'so that it goes on only after the restart');
    await clock.moveTo(end);
    expect((await first.untilEnd('awake')).output).toBe(String(end));
    await first.stop();

    const later = manualClock(end + 5_000);
    const second = startEngine(registry, { dataDir, clock: later });
    await second.resume('away', 'go');
    expect((await second.untilEnd('away')).output).toBe(String(end + 5_000));
    await second.stop();
  });
});

describe('in a real process', () => {
  const data = temporaryDirectory();
  let host: RunningHost;
  beforeAll(async () => void (host = await startHost({ dataDir: data.path })));
  afterAll(async () => {
    await host.kill('SIGTERM');
    data.remove();
  });

  it('forty starts of one id at once make one instance', async () => {
    const starts = Array.from({ length: 40 }, (_, n) =>
      call(host, 'POST', 'orchestrators/waiter/one', { n }),
    );
    const answers = await Promise.all(starts);
    const accepted = answers.filter(({ status }) => status === 202);
    expect(accepted).toHaveLength(1);
    for (const { status, body } of answers.filter((answer) => !accepted.includes(answer))) {
      expect(status).toBe(409);
      expect((body as { Message: string }).Message).toMatch(
        /^An Orchestration instance with the status (Pending|Running) already exists\.$/,
      );
    }
    const { input } = await until(host, 'one', 'Running');
    expect(answers.findIndex(({ status }) => status === 202)).toBe((input as { n: number }).n);
    const history = readHistory(data.path, 'one');
    expect(history.filter((event) => event.EventType === EventType.ExecutionStarted)).toHaveLength(
      1,
    );
    expect((await call(host, 'GET', 'instances?instanceIdPrefix=one')).body).toHaveLength(1);
  });

  it('forty starts of one finished id at once make one new instance', async () => {
    await run(host, 'fanOut', { count: 1 }, 'again');
    const starts = Array.from({ length: 40 }, (_, n) =>
      call(host, 'POST', 'orchestrators/waiter/again', { n }),
    );
    const answers = await Promise.all(starts);
    expect(answers.filter(({ status }) => status === 202)).toHaveLength(1);
  });

  it('hundreds of events from many clients reach their instance, each once', async () => {
    const id = await start(host, 'collects', 400);
    const order = shuffled(400);
    const answers = await Promise.all(
      order.map((n) => call(host, 'POST', `instances/${id}/raiseEvent/e`, n)),
    );
    expect(answers.every(({ status }) => status === 202)).toBe(true);
    const { output } = await untilEnd(host, id);
    expect((output as number[]).toSorted((a, b) => a - b)).toEqual(order.toSorted((a, b) => a - b));
  });
});
