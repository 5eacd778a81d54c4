import { z } from 'zod';
import { container, fieldName, glob, scalar } from './names.ts';

/** Where the items of a run may come from. */
export const SOURCES = ['drop', 'list', 'prefix', 'matrix', 'lines', 'chunks'] as const;

/** Items that a run may have. */
export const MOST_ITEMS = 1_000_000;
/** Items that a task may have. */
export const MOST_PER_TASK = 200;

const UNITS: Record<string, number> = { B: 1, KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30 };

const bytes = (min: number, minText: string) =>
  z.union([z.number(), z.string()], { error: 'a size such as 64MiB' }).transform((value, ctx) => {
    const match = /^(\d+)\s*(B|KiB|MiB|GiB)$/.exec(String(value));
    const size =
      typeof value === 'number' ? value : Number(match?.[1]) * (UNITS[match?.[2] ?? ''] ?? NaN);
    if (Number.isSafeInteger(size) && size >= min && size <= 2 ** 40) return size;
    ctx.addIssue(`a size such as 64MiB (units B, KiB, MiB, GiB), from ${minText} to 1024GiB`);
    return z.NEVER;
  });

const object = z.record(fieldName, scalar);

/** `tasks.list`: an item per object; each field reaches the command as `PARAM_FIELD`. */
export const list = z
  .array(object)
  .min(1)
  .max(10_000)
  .meta({ examples: [[{ city: 'Bonn', year: 2026 }]] });

/** `tasks.prefix`: an item per blob that is there when the run is planned. */
export const prefix = z
  .strictObject({
    container,
    prefix: z.string().max(1024).default('').describe('What the names of the blobs begin with.'),
    match: z.array(glob).min(1, { error: 'at least one glob' }).max(100).default(['**']),
  })
  .meta({ examples: [{ container: 'archive', prefix: '2026/', match: ['**/*.gz'] }] });

const range = z
  .strictObject({ from: z.number(), to: z.number(), step: z.number().optional() })
  .refine(({ step }) => step !== 0, { error: 'a step other than 0' })
  .refine(({ from, to, step }) => (to - from) * (step ?? 1) >= 0, {
    error: 'a step that leads from `from` to `to`',
  });

/** `tasks.matrix`: an item per point of some axes; each coordinate reaches the command as `PARAM_AXIS`. */
export const matrix = z
  .strictObject({
    parameters: z
      .record(
        fieldName,
        z.union([z.array(scalar).min(1).max(100_000), range], {
          error: 'a list of values, or a range such as { from: 1, to: 10, step: 1 }',
        }),
      )
      .refine((axes) => Object.keys(axes).length > 0, { error: 'at least one axis' }),
    combine: z.enum(['product', 'zip']).default('product'),
    include: z
      .array(object)
      .max(10_000)
      .default([])
      .describe('Points on top; each names every axis.'),
    exclude: z
      .array(object)
      .max(10_000)
      .default([])
      .describe('Points that have these coordinates are left out.'),
  })
  .meta({ examples: [{ parameters: { seed: { from: 1, to: 8 }, samples: [1000, 10_000] } }] });

/** `tasks.lines`: an item per line or record of the blobs. */
export const lines = z
  .strictObject({
    format: z.enum(['text', 'csv', 'ndjson']),
    from: z
      .strictObject({ container, name: z.string().min(1).max(1024) })
      .optional()
      .describe('One blob for every run, instead of those dropped or asked for.'),
  })
  .meta({ examples: [{ format: 'csv' }] });

/** `tasks.chunks`: an item per range of some `bytes` of the blobs, cut at line ends. */
export const chunks = z
  .strictObject({ bytes: bytes(1024, '1KiB') })
  .meta({ examples: [{ bytes: '64MiB' }] });

/** When a task is full; whichever comes first. */
export interface PackRule {
  count: number;
  bytes?: number | undefined;
}

/** `tasks.pack`: how many items, or how many bytes of them, make a task. */
export const pack = z
  .union(
    [
      z.number().int().min(1).max(MOST_PER_TASK),
      z
        .strictObject({
          count: z.number().int().min(1).max(MOST_PER_TASK).optional(),
          bytes: bytes(1, '1B').optional(),
        })
        .refine(({ count, bytes: size }) => count !== undefined || size !== undefined, {
          error: 'a mapping such as { count: 50, bytes: 64MiB } with one of the two or both',
        }),
    ],
    {
      error: `a number of items from 1 to ${MOST_PER_TASK}, or a mapping such as { count: 50, bytes: 64MiB } with one of the two or both`,
    },
  )
  .transform((value): PackRule =>
    typeof value === 'number' ? { count: value } : { count: MOST_PER_TASK, ...value },
  )
  .meta({ examples: [50, { bytes: '64MiB' }] });

export type Matrix = z.output<typeof matrix>;
export type LineFormat = z.output<typeof lines>['format'];
