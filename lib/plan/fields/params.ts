import { z } from 'zod';
import { fieldName } from './names.ts';

const value = z.union([z.string(), z.number(), z.boolean()], {
  error: 'text, a number, true or false',
});

const param = z
  .strictObject({
    type: z.enum(['string', 'integer', 'number', 'boolean']).describe('What a value is.'),
    default: value
      .optional()
      .describe('Taken when a run is asked for without a value.')
      .meta({ examples: [1000] }),
    min: z
      .number()
      .optional()
      .describe('The least value, or the least number of characters.')
      .meta({ examples: [1] }),
    max: z
      .number()
      .optional()
      .describe('The largest value, or the largest number of characters.')
      .meta({ examples: [100_000] }),
    enum: z
      .array(value)
      .min(1)
      .max(1000)
      .optional()
      .describe('The only values there may be.')
      .meta({ examples: [[1000, 2000]] }),
    pattern: z
      .string()
      .refine(isPattern, { error: 'a regular expression such as ^[a-z]+$' })
      .optional()
      .describe('A regular expression that the whole value must match.')
      .meta({ examples: [String.raw`\d+`] }),
  })
  .meta({ description: 'A value that whoever asks for a run may give.' });

function isPattern(text: string): boolean {
  try {
    return new RegExp(text, 'u') instanceof RegExp;
  } catch {
    return false;
  }
}

/** `params`: what a run may be asked with; each reaches the commands as `PARAM_NAME`. */
export const params = z
  .record(fieldName, param)
  .describe('Values that a run may be asked with. With `on` each needs a default.')
  .meta({ examples: [{ samples: { type: 'integer', default: 1000, min: 1 } }] });

export type ParamSpec = z.output<typeof param>;
export type ParamSpecs = z.output<typeof params>;
/** The values of a run's parameters, by name. */
export type ParamValues = Record<string, string | number | boolean>;
