import { z } from 'zod';
import { RUN_STATUSES } from '../plan/run.ts';

/** What requests may say; the routes read by these, and the OpenAPI document is made from them. */

export const pipelineName = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,31}$/, { error: 'the name of a pipeline' });

/** A pipeline file longer than this is a mistake. */
export const MAX_SOURCE_BYTES = 256 * 1024;

/** A whole number in a query. */
export const whole = (least: number, most: number) =>
  z
    .string()
    .regex(/^\d+$/, { error: `a whole number from ${least} to ${most}` })
    .transform(Number)
    .pipe(
      z
        .number({ error: `a whole number from ${least} to ${most}` })
        .min(least, { error: `a whole number from ${least} to ${most}` })
        .max(most, { error: `a whole number from ${least} to ${most}` }),
    );

const top = whole(1, 1000)
  .optional()
  .describe('Most entries of a page, from 1 to 1,000; 100 if absent.');

export const runsQuery = z.strictObject({
  pipeline: pipelineName.optional().describe('Runs of this pipeline only.'),
  status: z
    .enum(RUN_STATUSES, { error: `one of ${RUN_STATUSES.join(', ')}` })
    .optional()
    .describe('Runs of this status only.'),
  since: z.iso
    .datetime({ offset: true, error: 'a time such as 2026-11-25T06:00:00Z' })
    .optional()
    .describe('Runs that began at or after this time only.'),
  top,
  after: z.string().optional().describe('Where the page before ended, as its `next` says.'),
});

export type RunsQuery = z.infer<typeof runsQuery>;

export const ITEM_STATES = ['failed', 'succeeded', 'cancelled', 'running', 'waiting'] as const;

export const itemsQuery = z.strictObject({
  status: z
    .enum(ITEM_STATES, { error: `one of ${ITEM_STATES.join(', ')}` })
    .optional()
    .describe('Items of this state only.'),
  top,
  after: z
    .string()
    .regex(/^\d{6,12}$/, { error: 'the id of an item, such as 000017' })
    .optional()
    .describe('Items after this one.'),
});

export type ItemsQuery = z.infer<typeof itemsQuery>;

export const logQuery = z.strictObject({
  attempt: whole(1, 1000)
    .optional()
    .describe('The attempt; the latest one that printed anything if absent.'),
  bytes: whole(1, 1024 * 1024)
    .optional()
    .describe('Bytes from the end, up to 1 MiB; 4,096 if absent. Without meaning beside a Range.'),
  whole: z
    .literal('true', { error: "'true', or left out" })
    .optional()
    .describe('Answers with a redirect to the whole of it in storage, by a URL that is signed.'),
});

export const eventsQuery = z.strictObject({
  pipeline: pipelineName.optional().describe('Runs of this pipeline only.'),
});

export const tickSchema = z.strictObject({
  now: z.iso
    .datetime({ offset: true })
    .optional()
    .describe(
      'Does what a tick at that time would do; what it starts is not started again when that time comes.',
    ),
});

/** What asks for a run; which `inputs` and `params` it may have is up to its pipeline. */
export const askSchema = z.strictObject({
  pipeline: z.string(),
  params: z
    .record(z.string(), z.union([z.string(), z.number(), z.boolean()]))
    .optional()
    .describe("Values of the pipeline's parameters; the others have their defaults."),
  inputs: z
    .array(z.union([z.string().min(1).max(8192), z.record(z.string(), z.unknown())]))
    .min(1)
    .max(10_000)
    .optional()
    .describe(
      'Blobs: names in the watched container, URLs, `{ container, name }` or `{ container, prefix, match }`; objects of fields for a pipeline over a list; absent where the pipeline says itself what its items are.',
    ),
});

/** What asks for a plan: as for a run, of a pipeline that is stored or of a file that need not be. */
export const planSchema = z.strictObject({
  pipeline: z.string().optional().describe('The name of a pipeline that was applied.'),
  source: z
    .string()
    .max(MAX_SOURCE_BYTES)
    .optional()
    .describe('A pipeline file, in the place of `pipeline`; it is not applied.'),
  params: askSchema.shape.params,
  inputs: askSchema.shape.inputs.describe(
    'As for a run; absent for a pipeline over drops, what its next run would take of the blobs that are there.',
  ),
});

export const cancelSchema = z.strictObject({ reason: z.string().max(1000).default('') });

export const dropsQuery = z.strictObject({
  pipeline: z.string().describe('Whose drops.'),
  state: z
    .enum(['pending', 'set aside'])
    .optional()
    .describe('Those that were set aside if absent; others are in the manifests of runs.'),
});
