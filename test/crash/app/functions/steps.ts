import { appendFileSync } from 'node:fs';
import * as df from 'durable-functions';

type Context = df.OrchestrationContext;

/** Each activity first says in a file that it runs: that outlives the process, whatever comes next. */
function tell(name: string): void {
  appendFileSync(process.env['LEDGER_FILE'] ?? '', `${name}\n`);
}

df.app.activity('step', {
  handler: (name: string) => {
    tell(name);
    return name;
  },
});
df.app.activity('slowStep', {
  handler: async (name: string) => {
    tell(name);
    await new Promise((resolve) => setTimeout(resolve, 2));
    return name;
  },
});
df.app.activity('refuse', {
  handler: (name: string) => {
    tell(name);
    throw new Error(`refused ${name}`);
  },
});

df.app.entity('tally', (context: df.EntityContext<number>) => {
  const sum = (context.df.getState(() => 0) ?? 0) + context.df.getInput<number>()!;
  context.df.setState(sum);
  context.df.return(sum);
});

/** What an entity is told counts once, however often the host dies. */
function* tally(context: Context): Generator<df.Task> {
  const entity = new df.EntityId('tally', context.df.instanceId);
  context.df.signalEntity(entity, 'add', 1);
  const sum: unknown = yield context.df.callEntity(entity, 'add', 2);
  if (sum !== 3) throw new Error(`1 and 2 make ${String(sum)} for the entity`);
}

function* pause(context: Context, milliseconds: number): Generator<df.Task> {
  const until = context.df.currentUtcDateTime.getTime() + milliseconds;
  yield context.df.createTimer(new Date(until));
}

/** Ten activities, one of them with retries, with timers, an event, an entity and a sub-orchestration among them. */
df.app.orchestration('tenSteps', function* (context: Context) {
  const step = (name: string): df.Task => context.df.callActivity('step', name);
  const done: unknown[] = [yield step('one')];
  done.push(...(yield context.df.Task.all(['two', 'three', 'four'].map(step))));
  yield* pause(context, 20);
  try {
    yield context.df.callActivityWithRetry('refuse', new df.RetryOptions(10, 2), 'five');
  } catch (error) {
    done.push(/refused (\w+)/.exec(String(error))?.[1]);
  }
  done.push(...(yield context.df.callSubOrchestrator('sixAndSeven', [])));
  yield context.df.waitForExternalEvent('go');
  yield* tally(context);
  for (const name of ['eight', 'nine', 'ten']) done.push(yield step(name));
  return done;
});

/** Two steps, the second in the next generation. */
df.app.orchestration('sixAndSeven', function* (context: Context) {
  const before = context.df.getInput<string[]>();
  const name = before.length === 0 ? 'six' : 'seven';
  const done = [...before, yield context.df.callActivity('step', name)];
  yield* pause(context, 10);
  if (name === 'six') return context.df.continueAsNew(done);
  return done;
});

df.app.orchestration('thousandSteps', function* (context: Context) {
  const names = Array.from({ length: 1_000 }, (_, index) => `step-${index}`);
  const done: string[] = yield context.df.Task.all(
    names.map((name) => context.df.callActivity('slowStep', name)),
  );
  done.push(yield context.df.callActivity('step', 'last'));
  return done;
});
