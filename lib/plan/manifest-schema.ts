import { z } from 'zod';
import { FAILURE_CAUSES } from './failure.ts';

/** Describes `manifest.json`, from which types and the published JSON Schema are made. Times are ISO 8601. */

/** How the manifest names its own format; another number means that readers of this one must look again. */
export const MANIFEST_SCHEMA = 'sluice.manifest/1';

const text = z.string();
const count = z.number().int().min(0);
const time = z.iso.datetime().nullable();
const url = z.url();

const file = z.strictObject({
  name: text.describe('An input by its blob name, an output relative to $OUTPUT_DIR.'),
  url,
  etag: text,
  size: count.describe('Bytes.'),
  md5: text.nullable().optional().describe('Base64, where storage has one.'),
});

const attempt = z.strictObject({
  attempt: count.min(1),
  task: text.describe('The Batch task, which is gone with its job.'),
  status: z.enum(['Succeeded', 'Failed', 'Cancelled']),
  cause: text.nullable(),
  exitCode: z.number().int().nullable(),
  startedAt: time,
  endedAt: time,
  stdout: url.nullable().describe('All that was printed; null where nothing was.'),
  stderr: url.nullable(),
});

const itemCause = z.enum(FAILURE_CAUSES);

export const manifestItemSchema = z
  .strictObject({
    id: text.regex(/^\d{6,}$/),
    status: z.enum(['Succeeded', 'Failed', 'Cancelled']),
    cause: itemCause.nullable(),
    message: text.nullable(),
    signature: text.nullable().describe('Of which group of failures it is one.'),
    stderrTail: text
      .nullable()
      .describe('The last 4 KB of stderr, for the first hundred failures of each signature.'),
    inputs: z.array(file).describe('Empty where the item is made of values alone.'),
    range: z
      .strictObject({ start: count, end: count })
      .nullable()
      .describe('The bytes of the input that the item is; `end` is exclusive.'),
    values: z.record(text, text).describe('Variables of the item, besides those of the run.'),
    outputs: z.array(file),
    attempts: z.array(attempt).describe('Every try, the first one first.'),
    fingerprint: text
      .optional()
      .describe('Of all that its outputs depend on, where unchanged items are skipped.'),
    reused: z
      .strictObject({ run: text, item: text, attempt: count.min(1) })
      .optional()
      .describe('Where its outputs were made, since it was unchanged and did not run.'),
  })
  .describe('One item; also each line of a part.');

export const failureGroupSchema = z.strictObject({
  signature: text,
  cause: itemCause,
  exitCode: z.number().int().nullable(),
  line: text.nullable().describe('The last line of stderr, without what differs between items.'),
  items: count,
  examples: z.array(z.strictObject({ item: text, input: text })),
});

const merge = z.strictObject({
  status: z.enum(['Succeeded', 'Failed', 'Skipped']),
  cause: itemCause.nullable(),
  message: text.nullable(),
  accepted: text.nullable().describe('sha256 of the list of outputs that were merged.'),
  outputs: z.array(file),
  attempts: z.array(attempt),
});

export const manifestSchema = z.strictObject({
  schema: z.literal(MANIFEST_SCHEMA),
  generation: count.min(1).describe('1, and one more with each redrive.'),
  run: z.strictObject({
    id: text,
    pipeline: text,
    pipelineHash: text,
    params: z
      .record(text, z.union([text, z.number(), z.boolean()]))
      .describe('The values of the parameters, defaults included.'),
    status: z.enum(['Succeeded', 'CompletedWithFailures', 'Failed', 'Cancelled']),
  }),
  error: z.strictObject({ code: text, message: text }).nullable(),
  counts: z.strictObject({ items: count, succeeded: count, failed: count, cancelled: count }),
  failures: z.array(failureGroupSchema).describe('The largest group first.'),
  items: z.array(manifestItemSchema).nullable().describe('Null in a large run, which has parts.'),
  merge: merge.nullable(),
  parts: z
    .array(
      z.strictObject({
        url: url.describe('NDJSON, an item a line.'),
        items: count,
        md5: text.describe('Hex.'),
      }),
    )
    .nullable(),
});

/** The JSON Schema that is published as schema/manifest.schema.json. */
export function manifestJsonSchema(): object {
  return {
    $id: 'manifest.schema.json',
    title: 'Sluice manifest',
    description: 'The durable record of a run: every item exactly once.',
    ...z.toJSONSchema(manifestSchema),
  };
}
