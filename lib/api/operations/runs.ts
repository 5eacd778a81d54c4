import { z } from 'zod';
import { manifestSchema } from '../../plan/manifest-schema.ts';
import { previewSchema } from '../../plan/preview-schema.ts';
import { redriveSchema } from '../../plan/redrive.ts';
import { runViewSchema } from '../../plan/run-view.ts';
import { itemViewSchema } from '../item-views.ts';
import {
  askSchema,
  cancelSchema,
  itemsQuery,
  logQuery,
  planSchema,
  runsQuery,
} from '../schemas.ts';
import { json, type Operation, pageOf } from './operation.ts';

const log = (stream: 'stdout' | 'stderr'): Operation => ({
  method: 'get',
  path: `/runs/{id}/items/{item}/${stream}`,
  id: `get${stream === 'stdout' ? 'Stdout' : 'Stderr'}`,
  tag: 'Runs',
  summary: `Shows what an attempt at an item printed to ${stream}.`,
  description:
    'The end of it; with a `Range: bytes=N-` what comes from there on, up to 1 MiB at once; with `whole=true` a redirect to all of it in storage.',
  query: logQuery,
  headers: z.object({ range: z.string().optional().describe('Such as `bytes=4096-`.') }),
  answers: {
    200: {
      description: 'The end of the log.',
      contentType: 'text/plain',
      headers: { 'x-sluice-size': 'Bytes of the whole log.' },
    },
    206: {
      description: 'The range.',
      contentType: 'text/plain',
      headers: { 'content-range': 'Which bytes these are, and of how many.' },
    },
    307: { description: 'Where the whole log is.', headers: { location: 'A signed URL.' } },
  },
  problems: [400, 404, 416],
});

export const runOperations: Operation[] = [
  {
    method: 'get',
    path: '/runs',
    id: 'listRuns',
    tag: 'Runs',
    summary: 'Lists runs, newest first.',
    description:
      'A page may hold fewer runs than asked for, even none, and still have a `next`. Of a run with very many kinds of failures a listing leaves out the smallest groups.',
    query: runsQuery,
    answers: { 200: json('A page of runs.', pageOf(runViewSchema)) },
    problems: [400],
  },
  {
    method: 'post',
    path: '/runs',
    id: 'startRun',
    tag: 'Runs',
    summary: 'Starts a run.',
    headers: z.object({
      'idempotency-key': z
        .string()
        .max(255)
        .optional()
        .describe('Asking again with the same key gives the same run.'),
    }),
    body: {
      schema: askSchema,
      contentType: 'application/json',
      required: true,
      example: { pipeline: 'log-rollup', inputs: ['logs/a.gz'] },
    },
    answers: {
      200: json('The run that the key stands for.', runViewSchema),
      201: json('The new run.', runViewSchema),
    },
    problems: [400, 404, 409, 422],
  },
  {
    method: 'post',
    path: '/plans',
    id: 'planRun',
    tag: 'Runs',
    summary: 'Shows what a run would be, and makes nothing of it.',
    description:
      'The verdict on the quota needs the app\'s setting `SLUICE_BATCH_ARM_URL`, the URL of the Batch account in Azure Resource Manager, which the app\'s identity must be allowed to read; cost needs `SLUICE_PRICES`, such as `{"currency":"EUR","nodeHour":{"Standard_D2as_v5":0.1},"spotNodeHour":{}}`.',
    body: {
      schema: planSchema,
      contentType: 'application/json',
      required: true,
      example: { pipeline: 'log-rollup', inputs: ['logs/a.gz'] },
    },
    answers: { 200: json('The plan.', previewSchema) },
    problems: [400, 404, 422],
  },
  {
    method: 'get',
    path: '/runs/{id}',
    id: 'getRun',
    tag: 'Runs',
    summary: 'Shows a run.',
    answers: { 200: json('The run.', runViewSchema) },
    problems: [404],
  },
  {
    method: 'get',
    path: '/runs/{id}/manifest',
    id: 'getManifest',
    tag: 'Runs',
    summary: 'Shows the manifest of a run that has ended.',
    answers: { 200: json('The manifest.', manifestSchema) },
    problems: [404],
  },
  {
    method: 'get',
    path: '/runs/{id}/items',
    id: 'listItems',
    tag: 'Runs',
    summary: 'Lists the items of a run in their order, while it goes and afterwards.',
    description:
      'While the run goes, items are as their records say so far. A page may hold fewer items than asked for, even none, and still have a `next`.',
    query: itemsQuery,
    answers: { 200: json('A page of items.', pageOf(itemViewSchema)) },
    problems: [400, 404],
  },
  log('stdout'),
  log('stderr'),
  {
    method: 'post',
    path: '/runs/{id}/cancel',
    id: 'cancelRun',
    tag: 'Runs',
    summary: 'Has a run stop; asking again does so again.',
    body: {
      schema: cancelSchema,
      contentType: 'application/json',
      required: false,
      example: { reason: 'wrong inputs' },
    },
    answers: { 202: json('The run, which is about to stop.', runViewSchema) },
    problems: [400, 404, 409],
  },
  {
    method: 'post',
    path: '/runs/{id}/redrive',
    id: 'redriveRun',
    tag: 'Runs',
    summary: 'Runs again what a run that has ended did not get done.',
    description: 'Without a choice, everything that did not succeed.',
    body: {
      schema: redriveSchema,
      contentType: 'application/json',
      required: false,
      example: { items: ['000017'], causes: ['Timeout'] },
    },
    answers: { 202: json('The run, which goes on.', runViewSchema) },
    problems: [400, 404, 409],
  },
];
