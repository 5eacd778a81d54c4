import { z } from 'zod';
import { eventsQuery } from '../schemas.ts';
import { json, type Operation } from './operation.ts';

const EVENTS =
  'Each event is called `run` and carries a run as `GET /api/runs/{id}` shows it. A stream closes after some 200 seconds, which is what Azure lets a request take; a client of server-sent events comes again by itself, with the id of the last event in `Last-Event-ID`.';

const lastEventId = z.object({
  'last-event-id': z.string().optional().describe('The id of the last event that was received.'),
});

export const serviceOperations: Operation[] = [
  {
    method: 'get',
    path: '/',
    id: 'getService',
    tag: 'Service',
    summary: 'Tells what answers here, and where bytes go.',
    answers: {
      200: json(
        'The service.',
        z.strictObject({
          name: z.literal('sluice'),
          version: z.string(),
          storage: z.strictObject({ blobEndpoint: z.url() }),
        }),
      ),
    },
    problems: [],
  },
  {
    method: 'get',
    path: '/openapi.json',
    id: 'getOpenApi',
    tag: 'Service',
    summary: 'Describes this API in OpenAPI 3.1.',
    answers: { 200: json('The document.', z.looseObject({ openapi: z.string() })) },
    problems: [],
  },
  {
    method: 'get',
    path: '/events',
    id: 'followRuns',
    tag: 'Runs',
    summary: 'Tells of all runs under way as they change, by server-sent events.',
    description: `${EVENTS} It begins with all runs under way, the newest 200 at most; one that ended while nobody listened is told of if it is among the newest hundred runs.`,
    query: eventsQuery,
    headers: lastEventId,
    answers: { 200: { description: 'The events.', contentType: 'text/event-stream' } },
    problems: [400],
  },
  {
    method: 'get',
    path: '/runs/{id}/events',
    id: 'followRun',
    tag: 'Runs',
    summary: 'Tells of one run as it changes, by server-sent events, until it is over.',
    description: EVENTS,
    headers: lastEventId,
    answers: { 200: { description: 'The events.', contentType: 'text/event-stream' } },
    problems: [404],
  },
];
