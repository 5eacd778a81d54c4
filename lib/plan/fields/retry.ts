import { z } from 'zod';
import { DEFAULT_RETRY, RETRY_CAUSES, type RetryOn, type RetryRule } from '../retry.ts';
import { duration } from './duration.ts';

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
          .describe('Exit codes of the command, and ranges of them.')
          .meta({ examples: [[75, '100-110']] }),
      }),
    ],
    {
      error: `one of ${RETRY_CAUSES.join(', ')}, or exit codes from 1 to 255 such as exit: [75, 100-110]`,
    },
  )
  .transform((value): RetryOn =>
    typeof value === 'string' ? { cause: value } : { cause: 'exit', codes: value.exit },
  );

/** `tasks.retry`: which failures are tried again, how often and when. */
export const retry = z
  .strictObject({
    attempts: z
      .number()
      .int()
      .min(1)
      .max(20)
      .default(DEFAULT_RETRY.attempts)
      .describe('The most attempts at an item, the first one included.')
      .meta({ examples: [5] }),
    on: z
      .array(retryOn)
      .min(1, { error: 'at least one cause' })
      .prefault(DEFAULT_RETRY.on.map(({ cause }) => cause))
      .describe(
        'What is tried again. `exit`: the command ended with another code than 0 (or with one of these); `timeout`: it took too long; `output`: a promised output was not there; `input`, `upload`: a file could not be fetched or stored; `node`: the node was lost.',
      )
      .meta({ examples: [['node', { exit: [75, '100-110'] }]] }),
    backoff: duration(0, '1h')
      .prefault(`${DEFAULT_RETRY.backoff}s`)
      .describe('Time before the second attempt; it doubles from then on, up to an hour.')
      .meta({ examples: ['30s'] }),
  })
  .transform((rule): RetryRule => rule)
  .describe(
    'Which failures are tried again. By default what the machinery did is, and what the command did is not.',
  )
  .meta({ examples: [{ attempts: 5, on: ['node', { exit: [75] }], backoff: '30s' }] });
