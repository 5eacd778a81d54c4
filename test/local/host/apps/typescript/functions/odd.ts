// Orchestrators must be generators, and some of these end before their first task.
/* oxlint-disable require-yield */
import * as df from 'durable-functions';

type Context = df.OrchestrationContext;

function later(context: Context, ms: number): Date {
  return new Date(context.df.currentUtcDateTime.getTime() + ms);
}

df.app.orchestration('emptyError', function* () {
  throw new Error('');
});
df.app.orchestration('thrownString', function* () {
  throw 'only text';
});
df.app.orchestration('plainError', function* () {
  throw new Error('bad thing');
});
df.app.orchestration('unknownActivity', function* (context: Context) {
  yield context.df.callActivity('nope');
});
df.app.orchestration('unknownChild', function* (context: Context) {
  yield context.df.callSubOrchestrator('nope', null, `${context.df.instanceId}-child`);
});
df.app.orchestration('childFails', function* (context: Context) {
  try {
    yield context.df.callSubOrchestrator('plainError');
  } catch (error) {
    return (error as Error).message;
  }
  return 'no error';
});
df.app.orchestration('childRetried', function* (context: Context) {
  const id = `${context.df.instanceId}-child`;
  return yield context.df.callSubOrchestratorWithRetry(
    'plainError',
    new df.RetryOptions(5, 3),
    null,
    id,
  );
});
df.app.orchestration('types', function* (context: Context) {
  const values = [true, 'text', '5', 5, 1.5, { a: [1] }, null];
  const tasks = values.map((value) => context.df.callActivity('typeOf', value));
  return yield context.df.Task.all(tasks);
});
df.app.orchestration('returned', function* (context: Context) {
  const values = ['{"a":1}', { b: 2 }, 7, 1.5, false, null, '2026-01-01T00:00:00Z'];
  return yield context.df.Task.all(
    values.map((value) => context.df.callActivity('echoed', { value })),
  );
});
df.app.activity('echoed', { handler: ({ value }: { value: unknown }) => value });
df.app.activity('buffer', { handler: () => Buffer.from('hi') });
df.app.orchestration('bytesReturned', function* (context: Context) {
  return yield context.df.callActivity('buffer');
});
df.app.orchestration('stringLoop', function* (context: Context) {
  const input = context.df.getInput<string>();
  if (input === '') return context.df.continueAsNew('abc');
  return input;
});
df.app.orchestration('losesEvents', function* (context: Context) {
  const { generation } = context.df.getInput<{ generation: number }>();
  const first: unknown = yield context.df.waitForExternalEvent('e');
  if (generation === 0) return context.df.continueAsNew({ generation: 1 });
  return first;
});
df.app.orchestration('callsUnknownEntity', function* (context: Context) {
  return yield context.df.callEntity(new df.EntityId('nobody', 'a'), 'get');
});
df.app.orchestration('signalsUnknownEntity', function* (context: Context) {
  context.df.signalEntity(new df.EntityId('nobody', 'a'), 'add', 1);
  yield context.df.callActivity('identity', 1);
});
df.app.orchestration('locks', function* (context: Context) {
  yield context.df.lock(new df.EntityId('counter', 'a'));
});
df.app.orchestration('tellsTooMuch', function* (context: Context) {
  context.df.setCustomStatus('x'.repeat(10_000));
  yield context.df.callActivity('identity', 1);
});
df.app.orchestration('callsHttp', function* (context: Context) {
  return yield context.df.callHttp({ method: 'GET', url: 'http://127.0.0.1:1/' });
});
df.app.orchestration('openTimer', function* (context: Context) {
  const timer = context.df.createTimer(later(context, context.df.getInput<number>()));
  const activity = context.df.callActivity('identity', 1);
  const winner: df.Task = yield context.df.Task.any([timer, activity]);
  context.df.setCustomStatus('returning');
  return winner === activity ? 'activity' : 'timer';
});
df.app.orchestration('nested', function* (context: Context) {
  const pair = context.df.Task.all([
    context.df.callActivity('identity', 'a'),
    context.df.callActivity('identity', 'b'),
  ]);
  const slow = context.df.createTimer(later(context, 60_000));
  const winner: df.Task = yield context.df.Task.any([slow, pair]);
  slow.cancel();
  return winner === pair ? pair.result : 'timer';
});
df.app.orchestration('twoWaiters', function* (context: Context) {
  const first = context.df.waitForExternalEvent('e');
  const second = context.df.waitForExternalEvent('e');
  return yield context.df.Task.all([first, second]);
});
df.app.orchestration('shortCircuit', function* (context: Context) {
  try {
    yield context.df.Task.all([
      context.df.callActivity('sleep', 300),
      context.df.callActivity('boom'),
    ]);
  } catch {
    return yield context.df.callActivity('identity', 'went on');
  }
  return 'no error';
});
df.app.orchestration('retryTimeout', function* (context: Context) {
  const options = new df.RetryOptions(30, 100);
  Object.assign(options, { retryTimeoutInMilliseconds: 100 });
  return yield context.df.callActivityWithRetry('boom', options);
});
df.app.orchestration('parallelRetries', function* (context: Context) {
  const options = new df.RetryOptions(5, 4);
  const id = context.df.instanceId;
  return yield context.df.Task.all([
    context.df.callActivityWithRetry('failsTwice', options, `${id}-a`),
    context.df.callActivity('identity', 'x'),
    context.df.callActivityWithRetry('failsTwice', options, `${id}-b`),
  ]);
});
df.app.orchestration('clearsStatus', function* (context: Context) {
  context.df.setCustomStatus('set');
  yield context.df.waitForExternalEvent('clear');
  context.df.setCustomStatus(null);
  yield context.df.waitForExternalEvent('end');
});
df.app.orchestration('longTimer', function* (context: Context) {
  yield context.df.createTimer(later(context, 40 * 24 * 60 * 60 * 1000));
});
df.app.orchestration('stuck', function* (context: Context) {
  const timer = context.df.createTimer(later(context, 60_000));
  timer.cancel();
  yield timer;
});
df.app.orchestration('yieldsNothing', function* () {
  yield undefined as unknown as df.Task;
});

let episodes = 0;
df.app.orchestration('changing', function* (context: Context) {
  episodes += 1;
  yield context.df.callActivity(episodes === 1 ? 'identity' : 'square', 2);
});
df.app.orchestration('logs', function* (context: Context) {
  context.log('first line');
  yield context.df.callActivity('identity', 1);
  context.log('second line');
});
let slowRuns = 0;
df.app.activity('slowFirst', {
  handler: async () => {
    slowRuns += 1;
    if (slowRuns > 1) return `slow-${slowRuns - 1}`;
    await new Promise((resolve) => setTimeout(resolve, 200));
    return 'first';
  },
});
df.app.orchestration('reuses', function* (context: Context) {
  const slow = context.df.callActivity('slowFirst');
  yield context.df.Task.any([slow, context.df.callActivity('identity', 'A')]);
  const other = context.df.callActivity('sleep', 100);
  const winner: df.Task = yield context.df.Task.any([slow, other]);
  return { winner: winner === slow ? 'slow' : 'B', result: winner.result };
});
df.app.orchestration('collects', function* (context: Context) {
  const values: number[] = [];
  while (values.length < context.df.getInput<number>()) {
    const value: number = yield context.df.waitForExternalEvent('e');
    values.push(value);
  }
  return values;
});
df.app.activity('metadata', { handler: (_input, context) => context.triggerMetadata });
df.app.orchestration('activityMetadata', function* (context: Context) {
  return yield context.df.callActivity('METADATA', { a: 1 });
});
df.app.orchestration('tellsVersion', function* (context: Context) {
  return context.df.version;
});
df.app.orchestration('noGenerator', (() => 1) as unknown as df.OrchestrationHandler);
/** One deadline for several events: in Azure every round makes a timer of its own. */
df.app.orchestration('reusesTimer', function* (context: Context) {
  const deadline = context.df.createTimer(later(context, 3_600_000));
  for (const name of ['first', 'second']) {
    yield context.df.Task.any([deadline, context.df.waitForExternalEvent(name)]);
  }
  deadline.cancel();
  return yield context.df.callActivity('identity', 'after');
});
df.app.orchestration('reusesBesideRetries', function* (context: Context) {
  yield context.df.callActivityWithRetry(
    'failsTwice',
    new df.RetryOptions(1, 3),
    context.df.instanceId,
  );
  const deadline = context.df.createTimer(later(context, 3_600_000));
  for (const name of ['first', 'second']) {
    yield context.df.Task.any([deadline, context.df.waitForExternalEvent(name)]);
  }
  deadline.cancel();
  return yield context.df.callActivity('identity', 'after');
});
