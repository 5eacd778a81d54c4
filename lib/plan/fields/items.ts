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
  z
    .union([z.number(), z.string()], { error: 'a size such as 64MiB' })
    .transform((value, ctx) => {
      const match = /^(\d+)\s*(B|KiB|MiB|GiB)$/.exec(String(value));
      const size =
        typeof value === 'number' ? value : Number(match?.[1]) * (UNITS[match?.[2] ?? ''] ?? NaN);
      if (Number.isSafeInteger(size) && size >= min && size <= 2 ** 40) return size;
      ctx.addIssue(`a size such as 64MiB (units B, KiB, MiB, GiB), from ${minText} to 1024GiB`);
      return z.NEVER;
    })
    .meta({ 'x-limits': `${minText} to 1024GiB` });

const object = z.record(fieldName, scalar).meta({
  description: 'Names and values, such as `{ city: Bonn }`.',
  examples: [{ city: 'Bonn' }],
});

/** `tasks.list`: an item per object; each field reaches the command as `PARAM_FIELD`. */
export const list = z
  .array(object)
  .min(1)
  .max(10_000)
  .meta({
    description:
      'With `forEach: list`: an item per object; each field reaches the command as `PARAM_FIELD`. Left out, the objects come with the request.',
    examples: [[{ city: 'Bonn', year: 2026 }]],
  });

/** `tasks.prefix`: an item per blob that is there when the run is planned. */
export const prefix = z
  .strictObject({
    container: container.meta({
      description: 'The container that is listed.',
      examples: ['archive'],
    }),
    prefix: z
      .string()
      .max(1024)
      .default('')
      .meta({ description: 'What the names of the blobs begin with.', examples: ['2026/'] }),
    match: z
      .array(glob)
      .min(1, { error: 'at least one glob' })
      .max(100)
      .default(['**'])
      .meta({
        description: 'Which of them count, as in `on.drop.match`.',
        examples: [['**/*.gz']],
      }),
  })
  .meta({
    description: 'With `forEach: prefix`: an item per blob that is there when the run is planned.',
    examples: [{ container: 'archive', prefix: '2026/', match: ['**/*.gz'] }],
  });

const range = z
  .strictObject({
    from: z.number().meta({ description: 'The first value.', examples: [1] }),
    to: z.number().meta({ description: 'The last value, when a step leads to it.', examples: [8] }),
    step: z
      .number()
      .optional()
      .meta({ description: 'From one value to the next; 1 when it is left out.', examples: [2] }),
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
      .meta({
        description: 'The axes: the values of each, or a range with both its ends.',
        examples: [{ seed: { from: 1, to: 4 }, samples: [100, 200, 500, 1000] }],
      }),
    combine: z
      .enum(['product', 'zip'])
      .default('product')
      .meta({
        description:
          '`product`: every value of an axis with every one of the others. `zip`: the first values of all, then the second, and so on.',
        examples: ['zip'],
      }),
    include: z
      .array(object)
      .max(10_000)
      .default([])
      .meta({
        description: 'Points on top; each names every axis.',
        examples: [[{ seed: 99, samples: 10 }]],
      }),
    exclude: z
      .array(object)
      .max(10_000)
      .default([])
      .meta({
        description: 'Points that have these coordinates are left out.',
        examples: [[{ seed: 3 }]],
      }),
  })
  .meta({
    description:
      'With `forEach: matrix`: an item per point of some axes; each coordinate reaches the command as `PARAM_AXIS`. At most 1,000,000 points.',
    examples: [{ parameters: { seed: { from: 1, to: 4 }, samples: [100, 200, 500, 1000] } }],
  });

/** `tasks.lines`: an item per line or record of the blobs. */
export const lines = z
  .strictObject({
    format: z.enum(['text', 'csv', 'ndjson']).meta({
      description:
        '`text`: a line. `csv`: a record (RFC 4180); the columns of the header reach the command as `PARAM_COLUMN`. `ndjson`: a line that must be JSON; it reaches the command whole, as `LINE` and `INPUT`.',
      examples: ['text'],
    }),
    from: z
      .strictObject({
        container: container.meta({
          description: 'The container of the blob.',
          examples: ['archive'],
        }),
        name: z
          .string()
          .min(1)
          .max(1024)
          .meta({ description: 'The name of the blob.', examples: ['2026/all.csv'] }),
      })
      .optional()
      .meta({
        description: 'One blob for every run, instead of those dropped or asked for.',
        examples: [{ container: 'archive', name: '2026/all.csv' }],
      }),
  })
  .meta({
    description:
      'With `forEach: lines`: an item per line or record of the blobs, of at most 16 KiB.',
    examples: [{ format: 'csv' }],
  });

/** `tasks.chunks`: an item per range of some `bytes` of the blobs, cut at line ends. */
export const chunks = z
  .strictObject({
    bytes: bytes(1024, '1KiB').meta({
      description: 'About how many bytes an item has.',
      examples: ['64MiB'],
    }),
  })
  .meta({
    description:
      'With `forEach: chunks`: an item per range of the blobs, cut at line ends. The node needs `curl`.',
    examples: [{ bytes: '64MiB' }],
  });

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
            .meta({ description: 'The most items of a task.', examples: [50] }),
          bytes: bytes(1, '1B')
            .optional()
            .meta({
              description:
                'The most bytes that the items of a task have together; a larger item has a task of its own.',
              examples: ['64MiB'],
            }),
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
  .meta({
    description:
      'How many items make a task, at most: by number, by bytes, or by whichever comes first. Each item still has its own folder, time limit, result and retries.',
    examples: [50, { bytes: '64MiB' }],
  });

export type Matrix = z.output<typeof matrix>;
export type LineFormat = z.output<typeof lines>['format'];
