import { z } from 'zod';
import { checkSources } from './check-sources.ts';
import { container as taskContainer } from './fields/container.ts';
import { concurrency } from './fields/concurrency.ts';
import { environment, onlyOnce, secrets } from './fields/environment.ts';
import { packages } from './fields/packages.ts';
import { chunks, lines, list, matrix, pack, prefix, SOURCES } from './fields/items.ts';
import { drop } from './fields/drop.ts';
import { duration } from './fields/duration.ts';
import { nodes } from './fields/nodes.ts';
import { params } from './fields/params.ts';
import { schedule } from './fields/schedule.ts';
import { IMAGES } from './images.ts';
import { retry } from './fields/retry.ts';

export { CONTROL_CONTAINER, WORK_CONTAINER } from './fields/names.ts';

/** One file, or a shell glob, below `$OUTPUT_DIR`. */
const outputPattern = z
  .string()
  .regex(/^[^/\n]+(\/[^/\n]+)*$/, { error: 'a path or glob below $OUTPUT_DIR, such as lines.txt' })
  .refine((text) => !text.split('/').some((part) => part.startsWith('.')), {
    error: 'a path below $OUTPUT_DIR in which no name begins with a dot',
  })
  .refine((text) => !text.includes('**'), {
    error: 'a glob of single stars, such as *.png or pages/*.png',
  });

const command = z.string().min(1, { error: 'shell text' }).max(32_768, {
  error: 'at most 32,768 characters; put longer scripts into a file that the command fetches',
});

const outputs = z.array(outputPattern).min(1, { error: 'at least one output' }).max(100);

const shell = z.enum(['bash', 'sh']);

const tolerate = z
  .union([z.number().int().min(0), z.string().regex(/^(100|\d{1,2})(\.\d+)?%$/)], {
    error: 'a count of failed items such as 3, or a share such as 5%',
  })
  .transform((value): Tolerance =>
    typeof value === 'number' ? { count: value } : { percent: Number.parseFloat(value) },
  )
  .describe(
    'How many items may fail, a count or a share, for the run to count as completed; none without it.',
  )
  .meta({ examples: ['5%', 3] });

/** How many failed items a run may have and still count as completed. */
export type Tolerance = { count: number } | { percent: number };

const setup = z
  .strictObject({
    command: command
      .describe('Shell text, run by bash as root.')
      .meta({ examples: ['apt-get update && apt-get install -y imagemagick'] }),
    timeout: duration(1, '1h')
      .prefault('15m')
      .describe('How long it may take.')
      .meta({ examples: ['10m'] }),
  })
  .describe(
    'What every node runs once, as root, before it takes tasks. It may run again (after a restart, and up to twice when it fails), so it must be harmless to repeat.',
  )
  .meta({ examples: [{ command: 'apt-get update && apt-get install -y imagemagick' }] });

const on = z
  .strictObject({ drop: drop.optional(), schedule: schedule.optional() })
  .describe('What starts runs by itself. A run can always be asked for over HTTP or `sluice run`.');

const timeout = duration(1, '7d').prefault('1h');

const tasks = z
  .strictObject({
    forEach: z.enum(SOURCES).describe('What an item is made of; see “Sources of items”.'),
    list: list.optional(),
    prefix: prefix.optional(),
    matrix: matrix.optional(),
    lines: lines.optional(),
    chunks: chunks.optional(),
    pack: pack.prefault(1),
    command: command
      .describe('What is done with each item: shell text, never templated.')
      .meta({ examples: ['zcat "$INPUT" | wc -l > "$OUTPUT_DIR/lines.txt"'] }),
    outputs: outputs
      .describe(
        'Files below `$OUTPUT_DIR` that each item must leave, or globs of single stars, of which one file must fit at least.',
      )
      .meta({ examples: [['lines.txt'], ['pages/*.png']] }),
    timeout: timeout
      .describe('How long the command may take for an item.')
      .meta({ examples: ['10m'] }),
    shell: shell
      .default('bash')
      .describe('What runs the command: `bash -eo pipefail`, or `sh -e` where nodes have no bash.'),
    retry: retry.prefault({}),
    environment: environment.optional(),
    secrets: secrets.optional(),
    container: taskContainer.optional(),
  })
  .describe('How the items of a run are made, and what is done with each.')
  .superRefine(onlyOnce);

const pool = z
  .strictObject({
    vmSize: z
      .string()
      .regex(/^[A-Za-z0-9_]{3,64}$/, { error: 'a VM size such as Standard_D2as_v5' })
      .describe("Azure's name for the kind of machine.")
      .meta({ examples: ['Standard_D2as_v5'] }),
    image: z.enum(IMAGES).default('ubuntu-24.04').describe('What the nodes run.'),
    nodes: nodes.describe('How many nodes a run may have, and of which kind.'),
    slots: z
      .number()
      .int()
      .min(1)
      .max(256)
      .default(1)
      .describe('Tasks that a node runs at a time.')
      .meta({ examples: [2] }),
    maxWait: duration(60, '7d')
      .optional()
      .describe('How long a run waits for nodes before it fails; without it there is no limit.')
      .meta({ examples: ['1h'] }),
    setup: setup.optional(),
    packages: packages.optional(),
  })
  .describe("The nodes; a run's pool is made for it and goes with it.");

const merge = z
  .strictObject({
    command: command
      .describe('What is done with the outputs of the items that succeeded.')
      .meta({ examples: ['sort -m "$INPUT_DIR"/*/words.txt > "$OUTPUT_DIR/all.txt"'] }),
    outputs: outputs
      .describe('Files below `$OUTPUT_DIR` that the merge must leave.')
      .meta({ examples: [['all.txt']] }),
    timeout: timeout.describe('How long the command may take.').meta({ examples: ['30m'] }),
    shell: shell.default('bash').describe('What runs the command, as in `tasks`.'),
  })
  .describe(
    'One task after the others, over what succeeded. It is left out, and the run has failed, when more failed than `tolerate` allows.',
  )
  .meta({
    examples: [{ command: 'cat "$INPUT_DIR"/*/* > "$OUTPUT_DIR/all.txt"', outputs: ['all.txt'] }],
  });

const keep = z
  .strictObject({
    runs: duration(0, '3650d')
      .optional()
      .describe('How long everything of a run is kept after its end.')
      .meta({ examples: ['90d'] }),
    logs: duration(0, '3650d')
      .optional()
      .describe('How long what the commands printed is kept.')
      .meta({ examples: ['30d'] }),
  })
  .describe('When what runs leave is removed; what is not named is kept for good.')
  .meta({ examples: [{ runs: '90d', logs: '30d' }] });

const fields = z.strictObject({
  name: z
    .string()
    .regex(/^[a-z][a-z0-9-]{0,31}$/, {
      error: 'a name of 1 to 32 lower-case letters, digits and hyphens that begins with a letter',
    })
    .describe('Names the pipeline, and begins the ids of its runs.')
    .meta({ examples: ['log-rollup'] }),
  on: on.default({}),
  params: params.default({}),
  tasks,
  pool,
  concurrency: concurrency.default('allow'),
  merge: merge.optional(),
  tolerate: tolerate.optional(),
  keep: keep.optional(),
});

/** The pipeline file; durations come out in seconds. */
export const pipelineSchema = fields.superRefine((pipeline, ctx) => {
  for (const fault of checkSources(pipeline)) ctx.addIssue({ code: 'custom', ...fault });
});

/** A validated pipeline; `settle`, both `maxWait`, every `timeout`, `backoff` and what to `keep` are seconds. */
export type Pipeline = z.output<typeof pipelineSchema>;
