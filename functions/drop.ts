import { app, type EventGridEvent } from '@azure/functions';
import * as df from 'durable-functions';
import { receiveDrop } from '../lib/activities/drop.ts';

app.eventGrid('drop', {
  extraInputs: [df.input.durableClient()],
  handler: (event: EventGridEvent, context) =>
    receiveDrop(event, df.getClient(context), {
      now: Date.now(),
      warn: (message) => context.warn(message),
    }),
});
