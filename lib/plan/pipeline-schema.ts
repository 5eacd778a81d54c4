import { z } from 'zod';
import { checkSources } from './check-sources.ts';
import { container as taskContainer } from './fields/container.ts';
import { command, outputs, shell } from './fields/command.ts';
import { concurrency } from './fields/concurrency.ts';
import { duration } from './fields/durations.ts';
import { environment, onlyOnce, secrets } from './fields/environment.ts';
import { packages } from './fields/packages.ts';
import { chunks, lines, list, matrix, pack, prefix, SOURCES } from './fields/items.ts';
import { container, glob } from './fields/names.ts';
import { nodes } from './fields/nodes.ts';
import { params } from './fields/params.ts';
import { retry } from './fields/retry.ts';
import { schedule } from './fields/schedule.ts';
import { IMAGES } from './images.ts';

export { CONTROL_CONTAINER, WORK_CONTAINER } from './fields/names.ts';

const tolerate = z
  .union([z.number().int().min(0), z.string().regex(/^(100|\d{1,2})(\.\d+)?%$/)], {
    error: 'a count of failed items such as 3, or a share such as 5%',
  })
  .transform((value): Tolerance =>
    typeof value === 'number' ? { count: value } : { percent: Number.parseFloat(value) },
  );

/** How many failed items a run may have and still count as completed. */
export type Tolerance = { count: number } | { percent: number };

const setup = z
  .strictObject({
    command: command.meta({
      description: 'What a node runs.',
      examples: ['apt-get update && apt-get install -y imagemagick'],
    }),
    timeout: duration(1, '1h')
      .prefault('15m')
      .meta({ description: 'How long it may take on a node.', examples: ['5m'] }),
  })
  .meta({ examples: [{ command: 'apt-get update && apt-get install -y imagemagick' }] })
  .describe(
    'What every node runs once, as root, before it takes tasks. It may run again (after a restart, and up to twice when it fails), so it must be harmless to repeat.',
  );

const fields = z.strictObject({
  name: z
    .string()
    .regex(/^[a-z][a-z0-9-]{0,31}$/, {
      error: 'a name of 1 to 32 lower-case letters, digits and hyphens that begins with a letter',
    })
    .meta({ description: 'Names the pipeline; its runs begin with it.', examples: ['log-rollup'] }),
  on: z
    .strictObject({
      drop: z
        .strictObject({
          container: container.meta({
            description: 'The container that is watched.',
            examples: ['incoming'],
          }),
          match: z
            .array(glob)
            .min(1, { error: 'at least one glob' })
            .max(100)
            .meta({
              description:
                'Which names of blobs count: `*` within a folder, `**` over folders, `{a,b}` for either.',
              examples: [['logs/**/*.gz']],
            }),
          settle: duration(0, '1h')
            .prefault('2s')
            .meta({
              description:
                'How long no other drop may come before a run starts with what has gathered.',
              examples: ['30s'],
            }),
          maxWait: duration(0, '1d')
            .prefault('1m')
            .meta({
              description: 'How long a drop waits at most, even while others keep coming.',
              examples: ['5m'],
            }),
          maxItems: z
            .number()
            .int()
            .min(1)
            .max(100_000)
            .default(10_000)
            .meta({
              description: 'How many drops a run takes at most; the others are the next run.',
              examples: [1000],
            }),
        })
        .optional()
        .meta({
          description:
            'Starts runs over the blobs that are uploaded to a container. Drops close together become one run.',
          examples: [{ container: 'incoming', match: ['**/*.gz'], settle: '10s' }],
        }),
      schedule: schedule.optional(),
    })
    .prefault({})
    .meta({
      description:
        'What starts runs by itself. Without it, runs start when they are asked for (`POST /api/runs`, `sluice run`), which is possible for every pipeline.',
      examples: [
        {
          schedule: { cron: '0 2 * * *', timeZone: 'Europe/Berlin' },
          drop: { container: 'incoming', match: ['**'] },
        },
      ],
    }),
  params: params.default({}),
  tasks: z
    .strictObject({
      forEach: z.enum(SOURCES).meta({
        description:
          'Where the items come from. `drop`: the dropped blobs, or those a request names. `list`: objects, from the file or the request. `prefix`: the blobs below a prefix when the run is planned. `matrix`: the points of some axes. `lines`: each line or record of the blobs. `chunks`: ranges of the blobs.',
        examples: ['drop'],
      }),
      list: list.optional(),
      prefix: prefix.optional(),
      matrix: matrix.optional(),
      lines: lines.optional(),
      chunks: chunks.optional(),
      pack: pack.prefault(1),
      command: command.meta({
        description:
          'What runs for each item: plain shell text, never templated. What is about the item reaches it as files and variables.',
        examples: ['zcat "$INPUT" | wc -l > "$OUTPUT_DIR/lines.txt"'],
      }),
      outputs,
      timeout: duration(1, '7d')
        .prefault('1h')
        .meta({
          description:
            'How long the command may take for one item; then it is ended, with its children.',
          examples: ['10m'],
        }),
      shell: shell.default('bash'),
      retry: retry.prefault({}),
      environment: environment.optional(),
      secrets: secrets.optional(),
      container: taskContainer.optional(),
    })
    .superRefine(onlyOnce)
    .meta({
      description: 'What the items are, and what runs for each of them.',
      examples: [
        {
          forEach: 'drop',
          command: 'sort "$INPUT" > "$OUTPUT_DIR/sorted.txt"',
          outputs: ['sorted.txt'],
        },
      ],
    }),
  pool: z
    .strictObject({
      vmSize: z
        .string()
        .regex(/^[A-Za-z0-9_]{3,64}$/, {
          error: 'a VM size such as Standard_D2as_v5',
        })
        .meta({
          description: "The size of the nodes, by Azure's name.",
          examples: ['Standard_D2as_v5'],
        }),
      image: z
        .enum(IMAGES)
        .default('ubuntu-24.04')
        .meta({ description: 'The operating system of the nodes.', examples: ['ubuntu-22.04'] }),
      nodes,
      slots: z
        .number()
        .int()
        .min(1)
        .max(256)
        .default(1)
        .meta({ description: 'How many tasks a node runs at a time.', examples: [2] }),
      maxWait: duration(60, '7d')
        .optional()
        .meta({
          description:
            'How long a run waits for nodes before it fails; without it, as long as it takes.',
          examples: ['1h'],
        }),
      setup: setup.optional(),
      packages: packages.optional(),
    })
    .meta({
      description: 'The nodes; a run makes its pool, and deletes it.',
      examples: [{ vmSize: 'Standard_D2as_v5', nodes: { max: 4 }, slots: 2 }],
    }),
  skipUnchanged: z
    .boolean()
    .default(false)
    .meta({
      description:
        'Whether an item is left out whose outputs an earlier run of this pipeline has made: of the same version of its input, with the same command, parameters, variables, image, container, setup and packages. It stands in the manifest with those outputs, and the merge has them too. A secret, and a package without a version, count by their names.',
      examples: [true],
    }),
  concurrency: concurrency.default('allow'),
  merge: z
    .strictObject({
      command: command.meta({
        description: 'What runs once, over `$INPUT_DIR` and `$INPUT_LIST`.',
        examples: ['xargs -d "\\n" cat < "$INPUT_LIST" > "$OUTPUT_DIR/all.txt"'],
      }),
      outputs,
      timeout: duration(1, '7d')
        .prefault('1h')
        .meta({ description: 'How long the merge may take.', examples: ['10m'] }),
      shell: shell.default('bash'),
    })
    .optional()
    .meta({
      description:
        'One task after the others, over the outputs of the items that succeeded. Left out when more items failed than `tolerate` allows.',
      examples: [
        { command: 'cat "$INPUT_DIR"/*/lines.txt > "$OUTPUT_DIR/all.txt"', outputs: ['all.txt'] },
      ],
    }),
  tolerate: tolerate.optional().meta({
    description:
      'How many items may fail, as a count or a share of them, before the run is `Failed` and not `CompletedWithFailures`; 0 when it is left out.',
    examples: [3, '5%'],
  }),
  keep: z
    .strictObject({
      runs: duration(0, '3650d')
        .optional()
        .meta({
          description: 'How long an ended run and its outputs are kept.',
          examples: ['90d'],
        }),
      logs: duration(0, '3650d')
        .optional()
        .meta({ description: 'How long what the items printed is kept.', examples: ['30d'] }),
    })
    .optional()
    .meta({
      description: 'When what a run left is removed; without it, never.',
      examples: [{ runs: '90d', logs: '30d' }],
    }),
});

/** The pipeline file; durations come out in seconds. */
export const pipelineSchema = fields.superRefine((pipeline, ctx) => {
  for (const fault of checkSources(pipeline)) ctx.addIssue({ code: 'custom', ...fault });
});

/** A validated pipeline; `settle`, both `maxWait`, every `timeout`, `backoff` and what to `keep` are seconds. */
export type Pipeline = z.output<typeof pipelineSchema>;
