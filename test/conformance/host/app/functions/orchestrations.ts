import * as df from 'durable-functions';

type Context = df.OrchestrationContext;

/** Milliseconds; what was recorded waited 5 s, which a test need not. */
const fanOutTimer = Number(process.env['FAN_OUT_TIMER'] ?? 5_000);

export function* fanOut(context: Context) {
  const input: unknown = context.df.getInput();
  context.df.setCustomStatus({ phase: 'fan-out' });
  const numbers = [1, 2, 3, 4, 5];
  const squares: { sq: number }[] = yield context.df.Task.all(
    numbers.map((n) => context.df.callActivity('work', n)),
  );
  context.df.setCustomStatus({ phase: 'timer' });
  yield context.df.createTimer(later(context, fanOutTimer));
  context.df.setCustomStatus({ phase: 'done' });
  const sum = squares.reduce((total, { sq }) => total + sq, 0);
  return { input, sum, instanceId: context.df.instanceId };
}

export function* waiter(context: Context) {
  const got: unknown = yield context.df.waitForExternalEvent('approval');
  return { got };
}

export function* failing(context: Context) {
  const options = new df.RetryOptions(1_000, 2);
  const result: unknown = yield context.df.callActivityWithRetry('boom', options, null);
  return result;
}

export function* parent(context: Context) {
  const id = `${context.df.instanceId}:child`;
  const result: unknown = yield context.df.callSubOrchestrator('waiter', { x: 1 }, id);
  return result;
}

export function* race(context: Context) {
  const event = context.df.waitForExternalEvent('go');
  const timer = context.df.createTimer(later(context, 60_000));
  const winner: df.Task = yield context.df.Task.any([event, timer]);
  if (winner === timer) return { winner: 'timer' };
  timer.cancel();
  return { winner: 'event', v: event.result };
}

export function* loop(context: Context) {
  const n = context.df.getInput<number>();
  yield context.df.callActivity('work', n);
  if (n < 2) return context.df.continueAsNew(n + 1);
  return { loops: n };
}

function later(context: Context, ms: number): Date {
  return new Date(context.df.currentUtcDateTime.getTime() + ms);
}
