import * as df from 'durable-functions';

// Small orchestrations, each of one feature, and one of many at once. They are plain generators, so
// that recorded histories can be played to them.

type Context = df.OrchestrationContext;

function* chain(context: Context) {
  const first: string = yield context.df.callActivity('join', ['a', 1]);
  const second: string = yield context.df.callActivity('join', [first, null, { b: 2 }]);
  const nothing: unknown = yield context.df.callActivity('nothing');
  return { second, nothing };
}

function* fanOut(context: Context) {
  const numbers = context.df.getInput<number[]>();
  const squares: number[] = yield context.df.Task.all(
    numbers.map((n) => context.df.callActivity('square', n)),
  );
  return squares;
}

function* nested(context: Context) {
  const { Task } = context.df;
  const never = context.df.createTimer(later(context, 3_600_000));
  const first = Task.any([never, context.df.callActivity('square', 2)]);
  const pair = Task.all([
    context.df.callActivity('square', 3),
    context.df.callActivity('square', 4),
  ]);
  const both: unknown[] = yield Task.all([first, pair]);
  never.cancel();
  return { both: both.length, pair: pair.result, winner: (first.result as df.Task).result };
}

function* retried(context: Context) {
  const options = new df.RetryOptions(1, 3);
  const key = context.df.instanceId;
  const attempt: number = yield context.df.callActivityWithRetry('failsTwice', options, key);
  try {
    yield context.df.callActivityWithRetry('refuses', new df.RetryOptions(1, 2), 'always');
  } catch (error) {
    return { attempt, refused: firstLine(error) };
  }
}

function* families(context: Context) {
  const named = `${context.df.instanceId}-named`;
  const results: unknown[] = yield context.df.Task.all([
    context.df.callSubOrchestrator('fanOut', [1, 2], named),
    context.df.callSubOrchestrator('fanOut', [3]),
  ]);
  try {
    yield context.df.callSubOrchestratorWithRetry('fails', new df.RetryOptions(1, 2), 'deep');
  } catch (error) {
    return { results, failed: firstLine(error) };
  }
}

function* fails(context: Context) {
  yield context.df.callActivity('square', 1);
  throw new Error(`no ${context.df.getInput<string>()}`);
}

function* events(context: Context) {
  const seen: unknown[] = [yield context.df.waitForExternalEvent('late')];
  for (let count = 0; count < 3; count++) {
    const next: unknown = yield context.df.waitForExternalEvent('several');
    seen.push(next);
  }
  const early: unknown = yield context.df.waitForExternalEvent('early');
  return [...seen, early];
}

function* timers(context: Context) {
  const slow = context.df.createTimer(later(context, 3_600_000));
  const fast = context.df.createTimer(later(context, 10));
  const winner: df.Task = yield context.df.Task.any([slow, fast]);
  slow.cancel();
  yield context.df.createTimer(later(context, 10));
  return winner === fast ? 'fast' : 'slow';
}

function* generations(context: Context) {
  const { left, seen } = context.df.getInput<{ left: number; seen: number[] }>();
  context.df.setCustomStatus({ left });
  const square: number = yield context.df.callActivity('square', left);
  if (left === 0) return seen;
  context.df.continueAsNew({ left: left - 1, seen: [...seen, square] });
}

function* statuses(context: Context) {
  context.df.setCustomStatus('first');
  yield context.df.callActivity('square', 1);
  context.df.setCustomStatus({ second: [1] });
  yield context.df.callActivity('square', 2);
}

function* counters(context: Context) {
  const counter = new df.EntityId('tally', context.df.instanceId);
  context.df.signalEntity(counter, 'add', 2);
  context.df.signalEntity(counter, 'add', 3);
  const sum: number = yield context.df.callEntity(counter, 'get');
  const nothing: unknown = yield context.df.callEntity(counter, 'add', sum);
  const twice: number = yield context.df.callEntity(counter, 'get');
  return { sum, nothing: nothing ?? 'nothing', twice };
}

/** Everything at once: what an order goes through. */
function* order(context: Context) {
  const { items, round } = context.df.getInput<{ items: number[]; round: number }>();
  const tally = new df.EntityId('tally', context.df.instanceId);
  context.df.setCustomStatus({ round, step: 'work' });
  const results: unknown[] = yield context.df.Task.all([
    ...items.map((n) => context.df.callActivity('square', n)),
    context.df.callActivityWithRetry(
      'failsTwice',
      new df.RetryOptions(1, 3),
      `${context.df.instanceId}-${round}`,
    ),
    context.df.callSubOrchestrator('fanOut', items, `${context.df.instanceId}-child-${round}`),
  ]);
  context.df.signalEntity(tally, 'add', results.length);
  context.df.setCustomStatus({ round, step: 'approval' });
  const approval = context.df.waitForExternalEvent('approval');
  const deadline = context.df.createTimer(later(context, 3_600_000));
  const winner: df.Task = yield context.df.Task.any([approval, deadline]);
  if (winner === approval) deadline.cancel();
  if (round < 2) return context.df.continueAsNew({ items, round: round + 1 });
  const total: number = yield context.df.callEntity(tally, 'get');
  return { approved: approval.result, total };
}

function firstLine(error: unknown): string {
  return (error as Error).message.split(' \n ')[0] ?? '';
}

function later(context: Context, ms: number): Date {
  return new Date(context.df.currentUtcDateTime.getTime() + ms);
}

export const orchestrators = {
  chain,
  fanOut,
  nested,
  retried,
  families,
  fails,
  events,
  timers,
  generations,
  statuses,
  counters,
  order,
};
