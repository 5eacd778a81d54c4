import { app, type EventGridEvent } from '@azure/functions';
import * as df from 'durable-functions';
import { receiveDrop } from '../lib/activities/drop.ts';
import type { BlobEvent } from '../lib/plan/drop.ts';

app.eventGrid('drop', {
  extraInputs: [df.input.durableClient()],
  handler: (event: EventGridEvent, context) =>
    receiveDrop(event as BlobEvent, df.getClient(context), Date.now()),
});
