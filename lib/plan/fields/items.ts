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
  .describe(
    'An item per mapping. It may be left out where the list comes with the request (`inputs`).',
  )
  .meta({ examples: [[{ city: 'Bonn', year: 2026 }]] });

/** `tasks.prefix`: an item per blob that is there when the run is planned. */
export const prefix = z
  .strictObject({
    container: container.describe('The container that is listed.').meta({ examples: ['archive'] }),
    prefix: z
      .string()
      .max(1024)
      .default('')
      .describe('What the names of the blobs begin with.')
      .meta({ examples: ['2026/'] }),
    match: z
      .array(glob)
      .min(1, { error: 'at least one glob' })
      .max(100)
      .default(['**'])
      .describe('Globs over the names; one that fits is enough.')
      .meta({ examples: [['**/*.gz']] }),
  })
  .describe('An item per blob that is there when the run is planned.')
  .meta({ examples: [{ container: 'archive', prefix: '2026/', match: ['**/*.gz'] }] });

const range = z
  .strictObject({
    from: z
      .number()
      .describe('The first value.')
      .meta({ examples: [1] }),
    to: z
      .number()
      .describe('The last value, if the steps come to it.')
      .meta({ examples: [10] }),
    step: z
      .number()
      .optional()
      .describe('From a value to the next; 1 without it.')
      .meta({ examples: [0.5] }),
  })
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
      .refine((axes) => Object.keys(axes).length > 0, { error: 'at least one axis' })
      .describe('The axes: a list of values each, or a range.')
      .meta({ examples: [{ seed: { from: 1, to: 10, step: 0.5 }, mode: ['fast', 'exact'] }] }),
    combine: z
      .enum(['product', 'zip'])
      .default('product')
      .describe(
        '`product`: every value with every other; `zip`: the first ones, the second ones, ….',
      ),
    include: z
      .array(object)
      .max(10_000)
      .default([])
      .describe('Points on top; each names every axis.')
      .meta({ examples: [[{ seed: 99, samples: 10 }]] }),
    exclude: z
      .array(object)
      .max(10_000)
      .default([])
      .describe('Points that have these coordinates are left out.')
      .meta({ examples: [[{ seed: 3 }]] }),
  })
  .describe('An item per point; at most 1,000,000.')
  .meta({ examples: [{ parameters: { seed: { from: 1, to: 8 }, samples: [1000, 10_000] } }] });

/** `tasks.lines`: an item per line or record of the blobs. */
export const lines = z
  .strictObject({
    format: z
      .enum(['text', 'csv', 'ndjson'])
      .describe('What a line is: text, a record (RFC 4180) below a header, or a JSON value.'),
    from: z
      .strictObject({
        container: container.describe('The container of the blob.').meta({ examples: ['tables'] }),
        name: z
          .string()
          .min(1)
          .max(1024)
          .describe('The name of the blob.')
          .meta({ examples: ['cities.csv'] }),
      })
      .optional()
      .describe('One blob for every run, instead of those dropped or asked for.')
      .meta({ examples: [{ container: 'tables', name: 'cities.csv' }] }),
  })
  .describe('An item per line of the blobs.')
  .meta({ examples: [{ format: 'csv' }] });

/** `tasks.chunks`: an item per range of some `bytes` of the blobs, cut at line ends. */
export const chunks = z
  .strictObject({
    bytes: bytes(1024, '1KiB')
      .describe('About how long a range is.')
      .meta({ title: 'size from 1KiB to 1024GiB', examples: ['64MiB'] }),
  })
  .describe('An item per range of the blobs, cut at line ends.')
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
          count: z
            .number()
            .int()
            .min(1)
            .max(MOST_PER_TASK)
            .optional()
            .describe('Items that make a task full.')
            .meta({ examples: [50] }),
          bytes: bytes(1, '1B')
            .optional()
            .describe('Bytes of inputs that make a task full.')
            .meta({ title: 'size from 1B to 1024GiB', examples: ['64MiB'] }),
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
  .describe(
    'How many items make a Batch task, or how many bytes of them; each still has its own folder, time limit and result.',
  )
  .meta({ examples: [50, { bytes: '64MiB' }] });

export type Matrix = z.output<typeof matrix>;
export type LineFormat = z.output<typeof lines>['format'];
