import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { call } from '../support/durable-client.ts';
import {
  raise,
  run,
  start,
  startHost,
  status,
  temporaryDirectory,
  until,
  untilEnd,
  eventually,
  type RunningHost,
} from '../support/running-host.ts';

const data = temporaryDirectory();
let host: RunningHost;
beforeAll(async () => void (host = await startHost({ dataDir: data.path })));
afterAll(async () => {
  await host.kill('SIGTERM');
  data.remove();
});

describe('an orchestration that goes wrong', () => {
  const unknownOrchestrator =
    "The function 'nope' doesn't exist, is disabled, or is not an orchestrator function.";
  it.each([
    ['plainError', "Orchestrator function 'plainError' failed: bad thing"],
    ['emptyError', "'emptyError' failed: (Azure would leave this instance Running for ever.)"],
    ['thrownString', "Orchestrator function 'thrownString' failed: only text"],
    [
      'unknownActivity',
      "The function 'nope' doesn't exist, is disabled, or is not an activity function.",
    ],
    ['unknownChild', unknownOrchestrator],
    ['nope', unknownOrchestrator],
    ['callsUnknownEntity', "The function 'nobody' doesn't exist, is disabled, or is not an entity"],
    ['signalsUnknownEntity', 'Azure would leave this instance Running for ever'],
    ['callsHttp', 'is not provided by the local host. Call an activity that uses fetch.'],
    ['locks', 'context.df.lock is not provided by the local host'],
    ['tellsTooMuch', 'must not exceed 16 KB. The current payload size is 19 KB.'],
    ['stuck', 'waits for a task that can never complete'],
    ['noGenerator', 'next is not a function'],
    ['yieldsNothing', 'programming constraint violation'],
    [
      'changing',
      "Non-Deterministic workflow detected: A previous execution of this orchestration scheduled an activity task with sequence number 0 named 'identity', but the current orchestration replay instead scheduled an activity task named 'square' with this sequence number.  Was a change made to the orchestrator code",
    ],
    ['childRetried', "Orchestrator function 'plainError' failed: bad thing"],
  ])('%s fails and says why', async (name, text) => {
    const ended = await run(host, name);
    expect(ended.runtimeStatus).toBe('Failed');
    expect(ended.output).toContain(text);
  });

  it('tells its parent its reason and details', async () => {
    const { output } = await run(host, 'childFails');
    expect(output).toBe(
      "Orchestrator function 'plainError' failed: bad thing \n Message: bad thing, StackTrace: ",
    );
  });

  it('ends retries when their timeout has passed', async () => {
    const ended = await run(host, 'retryTimeout');
    expect(ended.output).toContain("Activity function 'boom' failed:  boom-activity");
    expect(ended.output).toContain('Azure would leave this instance Running for ever');
    expect(host.log()).toContain('its retries end before the last attempt');
  });
});

describe('values on their way to and from an activity', () => {
  it('arrive as in Azure, booleans as .NET text', async () => {
    const { output } = await run(host, 'types');
    expect(output).toEqual([
      'string:True',
      'string:text',
      'string:5',
      'number:5',
      'number:1.5',
      'object:[object Object]',
      'undefined:undefined',
    ]);
    expect(host.log()).toContain('its input true arrives as the string "True", as in Azure');
  });

  it('come back unchanged', async () => {
    const { output } = await run(host, 'returned');
    expect(output).toEqual(['{"a":1}', { b: 2 }, 7, 1.5, false, null, '2026-01-01T00:00:00Z']);
    expect((await run(host, 'bytesReturned')).output).toBe('aGk=');
  });
});

it('an activity is found without case, and gets the metadata of the real host', async () => {
  const { output, instanceId } = await run(host, 'activityMetadata');
  const { instanceId: told, data: value, ...binding } = output as Record<string, unknown>;
  expect([told, value, Object.values(binding)]).toEqual([instanceId, { a: 1 }, [{ a: 1 }]]);
});

it('an orchestrator learns the version it was started with', async () => {
  const path = 'orchestrators/tellsVersion/versioned?version=v7&timeout=10&pollingInterval=0.01';
  expect((await call(host, 'POST', path)).body).toBe('v7');
  expect((await run(host, 'tellsVersion')).output).toBe(null);
});

describe('where Azure gives a wrong value', () => {
  it('a string passed to continueAsNew arrives with its quotes, and a warning', async () => {
    for (let time = 0; time < 2; time++) {
      expect((await run(host, 'stringLoop')).output).toBe('"abc"');
    }
    // However often it happens.
    expect(host.log().split('continueAsNew was given a string')).toHaveLength(2);
  });

  it('events that came before continueAsNew are lost, with a warning', async () => {
    const id = await start(host, 'losesEvents', { generation: 0 });
    await until(host, id, 'Running');
    await suspended(id, async () => {
      await raise(host, id, 'e', 1);
      await raise(host, id, 'e', 2);
    });
    await eventually(
      () => host.log(),
      (log) => log.includes('Lost: e.'),
    );
    expect((await status(host, id)).runtimeStatus).toBe('Running');
    await raise(host, id, 'e', 3);
    expect((await untilEnd(host, id)).output).toBe(3);
  });
});

it('a pending task that is used twice runs twice and mixes up results, as in Azure', async () => {
  expect((await run(host, 'reuses')).output).toEqual({ winner: 'B', result: 'slow-1' });
  expect(host.log()).toContain('a pending task is used in a second Task.any');
});

it('one timer in several races makes a timer each time, and the numbers no longer fit, as in Azure', async () => {
  const id = await start(host, 'reusesTimer');
  for (const name of ['first', 'second']) expect(await raise(host, id, name, 1)).toBe(202);
  const { runtimeStatus, output, historyEvents } = await untilEnd(host, id).then(() =>
    status(host, id, '?showHistory=true'),
  );
  const timers = historyEvents!.filter((event) => event['EventType'] === 'TimerCreated');
  expect([runtimeStatus, timers.length]).toEqual(['Failed', 2]);
  expect(output).toContain('it waits for a task that can never complete');
});

it('a task used twice beside retries runs once here, and a warning says that Azure differs', async () => {
  const id = await start(host, 'reusesBesideRetries');
  for (const name of ['first', 'second']) expect(await raise(host, id, name, 1)).toBe(202);
  expect((await untilEnd(host, id)).output).toBe('after');
  expect(host.log()).toContain('Beside retries this is not imitated here.');
});

/** Does something while an instance is suspended, so that all of it arrives in one episode. */
async function suspended(id: string, action: () => Promise<void>): Promise<void> {
  const operation = (name: string): Promise<Response> =>
    fetch(`${host.url}/runtime/webhooks/durabletask/instances/${id}/${name}?reason=x`, {
      method: 'POST',
    });
  expect((await operation('suspend')).status).toBe(202);
  await action();
  expect((await operation('resume')).status).toBe(202);
}

describe('an orchestration with several tasks', () => {
  it('stays Running while a timer of its is open, as Azure does', async () => {
    const id = await start(host, 'openTimer', 60_000);
    const returned = await eventually(
      () => status(host, id),
      (seen) => seen.customStatus === 'returning',
    );
    expect(returned).toMatchObject({ runtimeStatus: 'Running', output: null });
  });

  it('completes once its open timer has fired', async () => {
    expect((await run(host, 'openTimer', 200)).output).toBe('activity');
  });

  it('can nest Task.all in Task.any', async () => {
    expect((await run(host, 'nested')).output).toEqual(['a', 'b']);
  });

  it('gives the first event to the last of several waiters', async () => {
    const id = await start(host, 'twoWaiters');
    await raise(host, id, 'e', 1);
    await raise(host, id, 'e', 2);
    expect((await untilEnd(host, id)).output).toEqual([2, 1]);
  });

  it('goes on after one of Task.all has failed', async () => {
    expect((await run(host, 'shortCircuit')).output).toBe('went on');
  });

  it('retries several activities at once', async () => {
    expect((await run(host, 'parallelRetries')).output).toEqual([3, 'x', 3]);
  });

  it('waits more than 24.8 days for a timer', async () => {
    const id = await start(host, 'longTimer');
    const { historyEvents } = await eventually(
      () => status(host, id, '?showHistory=true'),
      (seen) => seen.historyEvents!.length > 1,
    );
    expect(historyEvents!.map((event) => event['EventType'])).toEqual([
      'ExecutionStarted',
      'TimerCreated',
    ]);
    expect((await status(host, id)).runtimeStatus).toBe('Running');
  });
});

it('setCustomStatus(null) clears the custom status', async () => {
  const id = await start(host, 'clearsStatus');
  await eventually(
    () => status(host, id),
    ({ customStatus }) => customStatus === 'set',
  );
  await raise(host, id, 'clear', 1);
  const cleared = await eventually(
    () => status(host, id),
    ({ customStatus }) => customStatus !== 'set',
  );
  expect(cleared.customStatus).toBeNull();
});

it('logs of an orchestrator are written once, not at every replay', async () => {
  await run(host, 'logs');
  const lines = host
    .log()
    .split('\n')
    .filter((line) => / logs {2}/.test(line));
  expect(lines.map((line) => line.replace(/^.* logs {2}/, ''))).toEqual([
    'first line',
    'second line',
  ]);
});
