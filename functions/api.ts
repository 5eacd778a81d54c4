import { app } from '@azure/functions';
import { handleRequest } from '../lib/api/handle.ts';

app.http('api', {
  route: '{*path}',
  methods: ['GET', 'PUT', 'POST', 'DELETE'],
  authLevel: 'function',
  handler: (request, context) => handleRequest(request, (error) => context.error(error)),
});
