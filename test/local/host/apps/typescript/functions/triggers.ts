import { app, type EventGridEvent, type InvocationContext, type Timer } from '@azure/functions';
import * as df from 'durable-functions';

const seen: unknown[] = [];
const ticks: Timer[] = [];

app.eventGrid('onEvent', {
  handler: async (event: EventGridEvent, context: InvocationContext) => {
    if (event.subject === 'fail') throw new Error('event refused');
    seen.push({ event, data: context.triggerMetadata?.['data'] });
  },
});

app.eventGrid('onDrop', {
  extraInputs: [df.input.durableClient()],
  handler: async (event: EventGridEvent, context: InvocationContext) => {
    await df.getClient(context).startNew('fanOut', { instanceId: event.id, input: { count: 3 } });
  },
});

app.timer('tick', {
  schedule: '0 0 0 1 1 *',
  runOnStartup: true,
  handler: (timer) => void ticks.push(timer),
});

app.get('seen', { handler: () => ({ jsonBody: { seen, ticks } }) });
