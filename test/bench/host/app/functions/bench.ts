import { app, type HttpRequest, type InvocationContext } from '@azure/functions';
import * as df from 'durable-functions';

type Context = df.OrchestrationContext;

df.app.activity('sayHello', { handler: (city: string) => `Hello ${city}!` });

/** Microsoft's benchmark of Durable back ends: five activities, one after the other. */
df.app.orchestration('helloCities', function* (context: Context) {
  const greetings: string[] = [];
  for (const city of ['Tokyo', 'Seattle', 'London', 'Amsterdam', 'Seoul']) {
    greetings.push(yield context.df.callActivity('sayHello', city));
  }
  return greetings;
});

df.app.orchestration('fanOut', function* (context: Context) {
  const width = context.df.getInput<number>();
  const names = Array.from({ length: width }, (_, index) => `city-${index}`);
  const greetings: string[] = yield context.df.Task.all(
    names.map((name) => context.df.callActivity('sayHello', name)),
  );
  return greetings.length;
});

df.app.orchestration('chain', function* (context: Context) {
  const steps = context.df.getInput<number>();
  for (let step = 0; step < steps; step += 1) {
    yield context.df.callActivity('sayHello', `city-${step}`);
  }
  return steps;
});

const STARTS_IN_FLIGHT = 32;

/** Starts `count` orchestrations through the SDK's client, as an app does. */
app.post('startMany', {
  route: 'startMany/{name}/{count:int}',
  extraInputs: [df.input.durableClient()],
  handler: async (request: HttpRequest, context: InvocationContext) => {
    const client = df.getClient(context);
    const text = await request.text();
    const input: unknown = text === '' ? null : JSON.parse(text);
    let left = Number(request.params['count']);
    const startInTurn = async (): Promise<void> => {
      while (left > 0) {
        left -= 1;
        await client.startNew(request.params['name'] ?? '', { input });
      }
    };
    await Promise.all(Array.from({ length: STARTS_IN_FLIGHT }, startInTurn));
    return { status: 202 };
  },
});
