import { z } from 'zod';
import { CATCH_UP, faultOfCron, isTimeZone } from '../schedule.ts';

/** `on.schedule`: times at which runs start. */
export const schedule = z
  .strictObject({
    cron: z
      .string({ error: 'a cron expression such as 0 2 * * *' })
      .superRefine((text, ctx) => {
        const fault = faultOfCron(text);
        if (fault !== null) ctx.addIssue(fault);
      })
      .describe('Minute, hour, day of the month, month, day of the week.')
      .meta({ examples: ['0 2 * * *', '*/15 6-20 * * MON-FRI'] }),
    timeZone: z
      .string()
      .refine(isTimeZone, { error: 'an IANA time zone such as Europe/Berlin or UTC' })
      .default('UTC')
      .meta({ examples: ['Europe/Berlin'] })
      .describe(
        'The time zone that the cron expression is read in. A local time that a clock change leaves out comes as much later; one that comes twice counts once.',
      ),
    catchUp: z
      .enum(CATCH_UP)
      .default('last')
      .meta({ examples: ['all'] })
      .describe(
        'What becomes of times that passed while the app was down: nothing, a run for the last of them, or one for each of the last hundred.',
      ),
  })
  .meta({ examples: [{ cron: '0 2 * * *', timeZone: 'Europe/Berlin' }] })
  .describe(
    'Starts a run at each of these times. With `drop` too, drops gather until then; a time without drops starts none.',
  );
