import { z } from 'zod';
import { checkSources } from './check-sources.ts';
import { parseDuration } from './duration.ts';
import { container as taskContainer } from './fields/container.ts';
import { concurrency } from './fields/concurrency.ts';
import { environment, onlyOnce, secrets } from './fields/environment.ts';
import { packages } from './fields/packages.ts';
import { chunks, lines, list, matrix, pack, prefix, SOURCES } from './fields/items.ts';
import { container, glob } from './fields/names.ts';
import { nodes } from './fields/nodes.ts';
import { params } from './fields/params.ts';
import { schedule } from './fields/schedule.ts';
import { IMAGES } from './images.ts';
import { DEFAULT_RETRY, RETRY_CAUSES, type RetryOn, type RetryRule } from './retry.ts';

export { CONTROL_CONTAINER, WORK_CONTAINER } from './fields/names.ts';

const duration = (min: number, max: string) =>
  z.string({ error: 'a duration such as 2s, 1m or 1h' }).transform((text, ctx) => {
    const seconds = parseDuration(text);
    const limit = parseDuration(max);
    if (seconds === null || limit === null || seconds < min || seconds > limit) {
      ctx.addIssue(`a duration such as 2s, 1m or 1h, from ${min}s to ${max}`);
      return z.NEVER;
    }
    return seconds;
  });

/** One file, or a shell glob, below `$OUTPUT_DIR`. */
const outputPattern = z
  .string()
  .regex(/^[^/\n]+(\/[^/\n]+)*$/, { error: 'a path or glob below $OUTPUT_DIR, such as lines.txt' })
  .refine((text) => !text.split('/').some((part) => part.startsWith('.')), {
    error: 'a path below $OUTPUT_DIR in which no name begins with a dot',
  })
  .refine((text) => !text.includes('**'), {
    error: 'a glob of single stars, such as *.png or pages/*.png',
  });

const command = z.string().min(1, { error: 'shell text' }).max(32_768, {
  error: 'at most 32,768 characters; put longer scripts into a file that the command fetches',
});

const outputs = z.array(outputPattern).min(1, { error: 'at least one output' }).max(100);

const shell = z.enum(['bash', 'sh']);

const tolerate = z
  .union([z.number().int().min(0), z.string().regex(/^(100|\d{1,2})(\.\d+)?%$/)], {
    error: 'a count of failed items such as 3, or a share such as 5%',
  })
  .transform((value): Tolerance =>
    typeof value === 'number' ? { count: value } : { percent: Number.parseFloat(value) },
  );

/** How many failed items a run may have and still count as completed. */
export type Tolerance = { count: number } | { percent: number };

const exitCode = z.number().int().min(1).max(255);

/** An exit code, or a range of them such as `100-110`. */
const exitCodes = z
  .union([exitCode, z.string().regex(/^\d{1,3}-\d{1,3}$/)], {
    error: 'an exit code from 1 to 255 such as 75, or a range such as 100-110',
  })
  .transform((value, ctx) => {
    const [from = 0, to = from] =
      typeof value === 'number' ? [value] : value.split('-').map(Number);
    if (from >= 1 && from <= to && to <= 255) return { from, to };
    ctx.addIssue('a range of exit codes from 1 to 255, the smaller first, such as 100-110');
    return z.NEVER;
  });

const retryOn = z
  .union(
    [
      z.enum(RETRY_CAUSES),
      z.strictObject({ exit: z.array(exitCodes).min(1, { error: 'at least one exit code' }) }),
    ],
    {
      error: `one of ${RETRY_CAUSES.join(', ')}, or exit codes from 1 to 255 such as exit: [75, 100-110]`,
    },
  )
  .transform((value): RetryOn =>
    typeof value === 'string' ? { cause: value } : { cause: 'exit', codes: value.exit },
  );

const retry = z
  .strictObject({
    attempts: z.number().int().min(1).max(20).default(DEFAULT_RETRY.attempts),
    on: z.array(retryOn).min(1, { error: 'at least one cause' }).default(DEFAULT_RETRY.on),
    backoff: duration(0, '1h').default(DEFAULT_RETRY.backoff),
  })
  .transform((rule): RetryRule => rule);

const setup = z
  .strictObject({ command, timeout: duration(1, '1h').default(900) })
  .describe(
    'What every node runs once, as root, before it takes tasks. It may run again (after a restart, and up to twice when it fails), so it must be harmless to repeat.',
  );

const fields = z.strictObject({
  name: z.string().regex(/^[a-z][a-z0-9-]{0,31}$/, {
    error: 'a name of 1 to 32 lower-case letters, digits and hyphens that begins with a letter',
  }),
  on: z
    .strictObject({
      drop: z
        .strictObject({
          container,
          match: z.array(glob).min(1, { error: 'at least one glob' }).max(100),
          settle: duration(0, '1h').default(2),
          maxWait: duration(0, '1d').default(60),
          maxItems: z.number().int().min(1).max(100_000).default(10_000),
        })
        .optional(),
      schedule: schedule.optional(),
    })
    .default({}),
  params: params.default({}),
  tasks: z
    .strictObject({
      forEach: z.enum(SOURCES),
      list: list.optional(),
      prefix: prefix.optional(),
      matrix: matrix.optional(),
      lines: lines.optional(),
      chunks: chunks.optional(),
      pack: pack.default({ count: 1 }),
      command,
      outputs,
      timeout: duration(1, '7d').default(3600),
      shell: shell.default('bash'),
      retry: retry.default(DEFAULT_RETRY),
      environment: environment.optional(),
      secrets: secrets.optional(),
      container: taskContainer.optional(),
    })
    .superRefine(onlyOnce),
  pool: z.strictObject({
    vmSize: z.string().regex(/^[A-Za-z0-9_]{3,64}$/, {
      error: 'a VM size such as Standard_D2as_v5',
    }),
    image: z.enum(IMAGES).default('ubuntu-24.04'),
    nodes,
    slots: z.number().int().min(1).max(256).default(1),
    maxWait: duration(60, '7d').optional(),
    setup: setup.optional(),
    packages: packages.optional(),
  }),
  concurrency: concurrency.default('allow'),
  merge: z
    .strictObject({
      command,
      outputs,
      timeout: duration(1, '7d').default(3600),
      shell: shell.default('bash'),
    })
    .optional(),
  tolerate: tolerate.optional(),
  keep: z
    .strictObject({
      runs: duration(0, '3650d').optional(),
      logs: duration(0, '3650d').optional(),
    })
    .optional(),
});

/** The pipeline file; durations come out in seconds. */
export const pipelineSchema = fields.superRefine((pipeline, ctx) => {
  for (const fault of checkSources(pipeline)) ctx.addIssue({ code: 'custom', ...fault });
});

/** A validated pipeline; `settle`, both `maxWait`, every `timeout`, `backoff` and what to `keep` are seconds. */
export type Pipeline = z.output<typeof pipelineSchema>;
