import { z } from 'zod';
import { fieldName } from './names.ts';

const value = z.union([z.string(), z.number(), z.boolean()], {
  error: 'text, a number, true or false',
});

const param = z
  .strictObject({
    type: z
      .enum(['string', 'integer', 'number', 'boolean'])
      .meta({ description: 'What kind of value it is.', examples: ['integer'] }),
    default: value.optional().meta({
      description:
        'Taken when a run is asked for without a value. A pipeline with `on` needs one for each parameter.',
      examples: [1000],
    }),
    min: z
      .number()
      .optional()
      .meta({
        description: 'The smallest value; of a string, the fewest characters.',
        examples: [1],
      }),
    max: z
      .number()
      .optional()
      .meta({
        description: 'The largest value; of a string, the most characters.',
        examples: [9000],
      }),
    enum: z
      .array(value)
      .min(1)
      .max(1000)
      .optional()
      .meta({ description: 'The only values that it may have.', examples: [[1000, 2000]] }),
    pattern: z
      .string()
      .refine(isPattern, { error: 'a regular expression such as ^[a-z]+$' })
      .optional()
      .meta({
        description: 'A regular expression that the whole value must match.',
        examples: ['[0-9]+'],
      }),
  })
  .meta({
    description: 'A value that whoever asks for a run may give.',
    examples: [{ type: 'string', default: 'jpg', enum: ['jpg', 'png'] }],
  });

function isPattern(text: string): boolean {
  try {
    return new RegExp(text, 'u') instanceof RegExp;
  } catch {
    return false;
  }
}

/** `params`: what a run may be asked with; each reaches the commands as `PARAM_NAME`. */
export const params = z.record(fieldName, param).meta({
  description:
    'Values that a run may be asked with; each reaches the commands as `PARAM_NAME`, in upper case and with `_` for `-`.',
  examples: [{ samples: { type: 'integer', default: 1000, min: 1 } }],
});

export type ParamSpec = z.output<typeof param>;
export type ParamSpecs = z.output<typeof params>;
/** The values of a run's parameters, by name. */
export type ParamValues = Record<string, string | number | boolean>;
