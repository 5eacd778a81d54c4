import { app } from '@azure/functions';
import * as df from 'durable-functions';
import { handleRequest } from '../lib/api/handle.ts';

// Server-sent events are sent as they come to be.
app.setup({ enableHttpStream: true });

app.http('api', {
  route: '{*path}',
  methods: ['GET', 'PUT', 'POST', 'DELETE'],
  authLevel: 'function',
  extraInputs: [df.input.durableClient()],
  handler: (request, context) =>
    handleRequest(request, (error) => context.error(error), df.getClient(context)),
});
