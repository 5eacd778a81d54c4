import { z } from 'zod';
import { dropsQuery, tickSchema } from '../schemas.ts';
import { count, json, listOf, type Operation, time } from './operation.ts';

const drop = z
  .strictObject({
    container: z.string(),
    name: z.string(),
    etag: z.string(),
    size: count.describe('Bytes.'),
    sequencer: z.string().describe('Orders versions of the same blob; empty where unknown.'),
    hash: z.string(),
    arrivedAt: z.number().describe('Milliseconds since 1970.'),
    state: z.enum(['pending', 'claimed', 'done', 'superseded', 'set aside']),
    run: z.string().optional(),
    reason: z.string().optional().describe('Why it was set aside.'),
    seen: z.string().optional().describe('The version of its row.'),
  })
  .meta({ id: 'Drop', description: 'One version of one blob.' });

const garbage = z.strictObject({
  value: z.array(
    z.strictObject({
      kind: z.enum(['pool', 'job', 'run', 'logs']),
      id: z.string(),
      run: z.string(),
      reason: z.string(),
    }),
  ),
  more: z.boolean().describe('Whether some of it is still there for want of time.'),
});

const ticked = z.strictObject({
  pipeline: z.string(),
  scheduledFor: time.nullable(),
  runs: z.array(z.string()),
  note: z.string(),
});

const found = z.union([
  z.strictObject({ pipeline: z.string(), found: count }),
  z.strictObject({
    pipeline: z.string(),
    fault: z
      .string()
      .describe('What kept its blobs from being looked at; the next time looks again.'),
  }),
]);

export const upkeepOperations: Operation[] = [
  {
    method: 'get',
    path: '/drops',
    id: 'listDrops',
    tag: 'Drops',
    summary: 'Lists drops of a pipeline that wait, or that were set aside and why.',
    query: dropsQuery,
    answers: { 200: json('The drops.', listOf(drop)) },
    problems: [400, 404],
  },
  {
    method: 'get',
    path: '/gc',
    id: 'findGarbage',
    tag: 'Upkeep',
    summary: 'Lists what nobody needs any more; nothing is removed.',
    answers: { 200: json('The garbage.', garbage) },
    problems: [],
  },
  {
    method: 'post',
    path: '/gc',
    id: 'collectGarbage',
    tag: 'Upkeep',
    summary: 'Removes what nobody needs any more, as a timer does each hour.',
    answers: { 200: json('What was removed.', garbage) },
    problems: [],
  },
  {
    method: 'post',
    path: '/reconcile',
    id: 'reconcile',
    tag: 'Upkeep',
    summary: 'Looks for blobs whose events never came, as a timer does each half hour.',
    answers: { 200: json('How many were found, by pipeline.', listOf(found)) },
    problems: [],
  },
  {
    method: 'post',
    path: '/sweep',
    id: 'sweep',
    tag: 'Upkeep',
    summary: 'Finishes what a crash left lying, as a timer does each minute.',
    answers: { 200: json('What was done.', listOf(z.string())) },
    problems: [],
  },
  {
    method: 'post',
    path: '/tick',
    id: 'tick',
    tag: 'Upkeep',
    summary: 'Starts what schedules have come to, as a timer does each minute.',
    body: {
      schema: tickSchema,
      contentType: 'application/json',
      required: false,
      example: { now: '2026-11-25T02:00:00Z' },
    },
    answers: { 200: json('What was started, and what was not and why.', listOf(ticked)) },
    problems: [400],
  },
];
