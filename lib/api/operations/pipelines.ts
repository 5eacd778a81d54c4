import { z } from 'zod';
import { json, listOf, type Operation, time } from './operation.ts';

const pipelineView = z
  .strictObject({
    name: z.string(),
    hash: z.string().describe('`sha256:` and the hash of the source; a run records it.'),
    updatedAt: time,
    pipeline: z
      .looseObject({})
      .describe('The file as read: defaults filled in, durations in seconds.'),
    source: z.string().describe('The file as it was put.'),
    paused: z.boolean(),
    nextScheduled: time.nullable().describe('When its schedule comes due next.'),
  })
  .meta({ id: 'Pipeline', description: 'A pipeline as applied.' });

const HELD =
  'Drops gather and its schedule starts nothing; runs under way go on, and a run can still be asked for.';

export const pipelineOperations: Operation[] = [
  {
    method: 'get',
    path: '/pipelines',
    id: 'listPipelines',
    tag: 'Pipelines',
    summary: 'Lists the pipelines by name.',
    answers: { 200: json('The pipelines.', listOf(pipelineView)) },
    problems: [],
  },
  {
    method: 'get',
    path: '/pipelines/{name}',
    id: 'getPipeline',
    tag: 'Pipelines',
    summary: 'Shows a pipeline.',
    answers: { 200: json('The pipeline.', pipelineView) },
    problems: [404],
  },
  {
    method: 'put',
    path: '/pipelines/{name}',
    id: 'putPipeline',
    tag: 'Pipelines',
    summary: 'Applies a pipeline file; runs under way keep the one that they began with.',
    description: 'A file that does not fit is refused with each of its faults under `errors`.',
    body: {
      schema: z.string(),
      contentType: 'application/yaml',
      required: true,
      example: 'name: log-rollup\non: …',
    },
    answers: {
      200: json('It took the place of the one before.', pipelineView),
      201: json('It is new.', pipelineView),
    },
    problems: [413, 422],
  },
  {
    method: 'delete',
    path: '/pipelines/{name}',
    id: 'deletePipeline',
    tag: 'Pipelines',
    summary: 'Removes a pipeline that has no runs under way.',
    description:
      'Its past runs stay. Drops that waited are set aside, and later ones are of no pipeline any more.',
    answers: { 204: { description: 'It is gone.' } },
    problems: [404, 409],
  },
  {
    method: 'post',
    path: '/pipelines/{name}/pause',
    id: 'pausePipeline',
    tag: 'Pipelines',
    summary: 'Has a pipeline start no runs by itself.',
    description: `${HELD} Pausing what is paused changes nothing.`,
    answers: { 200: json('The pipeline, paused.', pipelineView) },
    problems: [404],
  },
  {
    method: 'post',
    path: '/pipelines/{name}/resume',
    id: 'resumePipeline',
    tag: 'Pipelines',
    summary: 'Lets a paused pipeline go on.',
    description:
      'Drops that gathered become runs. Times of its schedule that passed meanwhile are not made up for.',
    answers: { 200: json('The pipeline.', pipelineView) },
    problems: [404],
  },
];
