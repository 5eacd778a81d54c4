import { appendFileSync } from 'node:fs';
import * as df from 'durable-functions';

type Context = df.OrchestrationContext;

const attempts = new Map<string, number>();

df.app.activity('square', { handler: (n: number) => n * n });
df.app.activity('identity', { handler: (value: unknown) => value });
df.app.activity('typeOf', { handler: (value: unknown) => `${typeof value}:${String(value)}` });
df.app.activity('boom', {
  handler: () => {
    throw new Error('boom-activity');
  },
});
df.app.activity('failsTwice', {
  handler: (key: string) => {
    const attempt = (attempts.get(key) ?? 0) + 1;
    attempts.set(key, attempt);
    if (attempt < 3) throw new Error(`attempt ${attempt}`);
    return attempt;
  },
});
df.app.activity('sleep', {
  handler: (ms: number) => new Promise((resolve) => setTimeout(resolve, ms, ms)),
});
/** Appends a line to a file, so that a test can count how often it ran. */
df.app.activity('ledger', {
  handler: async ({ file, line, ms }: { file: string; line: string; ms: number }) => {
    await new Promise((resolve) => setTimeout(resolve, ms));
    appendFileSync(file, `${line}\n`);
    return line;
  },
});

df.app.orchestration('fanOut', function* (context: Context) {
  context.df.setCustomStatus({ phase: 'fan-out' });
  const count = context.df.getInput<{ count: number }>()?.count ?? 5;
  const tasks = Array.from({ length: count }, (_, n) => context.df.callActivity('square', n + 1));
  const squares: number[] = yield context.df.Task.all(tasks);
  context.df.setCustomStatus({ phase: 'done' });
  return { sum: squares.reduce((a, b) => a + b, 0), instanceId: context.df.instanceId };
});

df.app.orchestration('chain', function* (context: Context) {
  const steps = context.df.getInput<{ steps: number }>()?.steps ?? 5;
  let value = 1;
  for (let step = 0; step < steps; step++) {
    value = yield context.df.callActivity('identity', value + 1);
  }
  return value;
});

df.app.orchestration('waiter', function* (context: Context) {
  const got: unknown = yield context.df.waitForExternalEvent('approval');
  return { got };
});

df.app.orchestration('race', function* (context: Context) {
  const seconds = context.df.getInput<{ seconds: number }>()?.seconds ?? 60;
  const event = context.df.waitForExternalEvent('go');
  const fireAt = new Date(context.df.currentUtcDateTime.getTime() + seconds * 1000);
  const timer = context.df.createTimer(fireAt);
  const winner: df.Task = yield context.df.Task.any([event, timer]);
  if (winner === timer) return { winner: 'timer' };
  timer.cancel();
  return { winner: 'event', value: event.result };
});

df.app.orchestration('loop', function* (context: Context) {
  const n = context.df.getInput<number>() ?? 0;
  yield context.df.callActivity('identity', n);
  if (n < 2) return context.df.continueAsNew(n + 1);
  return { loops: n };
});

df.app.orchestration('parent', function* (context: Context) {
  return yield context.df.callSubOrchestrator('waiter', { x: 1 }, `${context.df.instanceId}:child`);
});

df.app.orchestration('failing', function* (context: Context) {
  return yield context.df.callActivityWithRetry('boom', new df.RetryOptions(20, 2));
});

df.app.orchestration('retried', function* (context: Context) {
  const options = new df.RetryOptions(10, 5);
  options.backoffCoefficient = 2;
  return yield context.df.callActivityWithRetry('failsTwice', options, context.df.instanceId);
});

df.app.orchestration('ledgerFanOut', function* (context: Context) {
  const { file, count, ms } = context.df.getInput<{ file: string; count: number; ms: number }>();
  const tasks = Array.from({ length: count }, (_, n) =>
    context.df.callActivity('ledger', { file, line: `step-${n}`, ms }),
  );
  const lines: string[] = yield context.df.Task.all(tasks);
  yield context.df.callActivity('ledger', { file, line: 'last', ms: 1 });
  return lines.length;
});
