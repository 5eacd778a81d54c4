import { z } from 'zod';

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

/** `command` of the tasks, the merge and a node's setup. */
export const command = z.string().min(1, { error: 'shell text' }).max(32_768, {
  error: 'at most 32,768 characters; put longer scripts into a file that the command fetches',
});

/** `outputs` of the tasks and the merge. */
export const outputs = z
  .array(outputPattern)
  .min(1, { error: 'at least one output' })
  .max(100)
  .meta({
    description:
      'What the command promises to leave in `$OUTPUT_DIR`: names, or globs of single stars. An item whose command ends well but leaves one of them out has failed (`NoOutput`); what was not promised is not kept.',
    examples: [['lines.txt'], ['*.png', 'pages/*.png']],
  });

/** `shell` of the tasks and the merge. */
export const shell = z.enum(['bash', 'sh']).meta({
  description: 'What runs the command: `bash -eo pipefail`, or `sh -e` on nodes without bash.',
  examples: ['sh'],
});
