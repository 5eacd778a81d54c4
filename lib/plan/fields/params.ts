import { z } from 'zod';
import { fieldName } from './names.ts';

const value = z.union([z.string(), z.number(), z.boolean()], {
  error: 'text, a number, true or false',
});

const param = z
  .strictObject({
    type: z.enum(['string', 'integer', 'number', 'boolean']),
    default: value.optional().describe('Taken when a run is asked for without a value.'),
    min: z.number().optional(),
    max: z.number().optional(),
    enum: z.array(value).min(1).max(1000).optional(),
    pattern: z
      .string()
      .refine(isPattern, { error: 'a regular expression such as ^[a-z]+$' })
      .optional()
      .describe('A regular expression that the whole value must match.'),
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
  .meta({ examples: [{ samples: { type: 'integer', default: 1000, min: 1 } }] });

export type ParamSpec = z.output<typeof param>;
export type ParamSpecs = z.output<typeof params>;
/** The values of a run's parameters, by name. */
export type ParamValues = Record<string, string | number | boolean>;
