import { z } from 'zod';
import { DEFAULT_RETRY, RETRY_CAUSES, type RetryOn, type RetryRule } from '../retry.ts';
import { duration } from './durations.ts';

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
      z.strictObject({
        exit: z
          .array(exitCodes)
          .min(1, { error: 'at least one exit code' })
          .meta({
            description: 'The exit codes that are tried again: numbers, and ranges.',
            examples: [[75, '100-110']],
          }),
      }),
    ],
    {
      error: `one of ${RETRY_CAUSES.join(', ')}, or exit codes from 1 to 255 such as exit: [75, 100-110]`,
    },
  )
  .transform((value): RetryOn =>
    typeof value === 'string' ? { cause: value } : { cause: 'exit', codes: value.exit },
  );

/** `tasks.retry`: which failures are tried again, how often and after how long. */
export const retry = z
  .strictObject({
    attempts: z
      .number()
      .int()
      .min(1)
      .max(20)
      .default(DEFAULT_RETRY.attempts)
      .meta({ description: 'How many times an item is tried, the first included.', examples: [5] }),
    on: z
      .array(retryOn)
      .min(1, { error: 'at least one cause' })
      .prefault(DEFAULT_RETRY.on.map(({ cause }) => cause as 'input'))
      .meta({
        description:
          'Which failures are tried again: `exit` (any exit code, or those of `exit: [...]`), `timeout`, `output` (a promise not kept), `input` (not staged), `upload`, `node` (lost or broken).',
        examples: [['node', { exit: [75, '100-110'] }]],
      }),
    backoff: duration(0, '1h')
      .prefault(`${DEFAULT_RETRY.backoff}s`)
      .meta({
        description:
          'How long the second attempt waits; each further one waits twice as long, at most an hour.',
        examples: ['30s'],
      }),
  })
  .transform((rule): RetryRule => rule)
  .meta({
    description:
      'When a failed item is tried again. Without it, what the machinery did is tried up to three times and what the command did is not. Taking a node away counts as no attempt.',
    examples: [{ attempts: 3, on: ['timeout', { exit: [75] }], backoff: '10s' }],
  });
