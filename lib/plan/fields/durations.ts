import { z } from 'zod';
import { parseDuration } from '../duration.ts';

/** A duration from `min` seconds to `max`; it comes out in seconds. */
export const duration = (min: number, max: string) =>
  z
    .string({ error: 'a duration such as 2s, 1m or 1h' })
    .transform((text, ctx) => {
      const seconds = parseDuration(text);
      const limit = parseDuration(max);
      if (seconds === null || limit === null || seconds < min || seconds > limit) {
        ctx.addIssue(`a duration such as 2s, 1m or 1h, from ${min}s to ${max}`);
        return z.NEVER;
      }
      return seconds;
    })
    .meta({ 'x-limits': `${min}s to ${max}` });
