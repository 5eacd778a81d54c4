import { z } from 'zod';

const count = z.number().int().min(0);

const command = z.strictObject({
  task: z.string().describe('The Batch task that it runs in.'),
  item: z.string().describe("The item's id in the manifest."),
  environment: z
    .record(z.string(), z.string())
    .describe(
      'What the command finds besides what Batch and the node set; a secret is shown as `***`, and paths begin with the folder of the task.',
    ),
});

const skipped = z.strictObject({
  reason: z.string(),
  count,
  examples: z.array(z.string()).describe('The first of them, as `container/name`.'),
});

const quota = z.strictObject({
  verdict: z
    .enum(['fits', 'fewer', 'waits', 'never', 'unknown'])
    .describe(
      '`fits`: all nodes. `fewer`: some of them. `waits`: none now. `never`: not one, ever. `unknown`: the app cannot tell.',
    ),
  cores: z
    .strictObject({ need: count, inUse: count, quota: z.number() })
    .nullable()
    .describe("Cores that the run's nodes have, that pools have now, and that there may be."),
  message: z.string().describe('Why, and what to do.'),
});

const cost = z.strictObject({
  atMost: z.number(),
  currency: z.string(),
});

/** What a run would be, as `POST /api/plans` answers it. */
export const previewSchema = z
  .strictObject({
    pipeline: z.string(),
    complete: z
      .boolean()
      .describe(
        'False when there was no time to see all items: there are more than the counts say.',
      ),
    items: count,
    tasks: count,
    skipped: z.array(skipped).describe('What is there and would be no item, by the reason.'),
    command: z.string().describe('The command, run once for each item.'),
    first: z.array(command).describe('What the command finds in the first tasks.'),
    pool: z.strictObject({
      vmSize: z.string(),
      image: z.string(),
      spot: z.boolean(),
      nodes: count,
      slots: count.describe('Tasks that a node runs at once.'),
      waves: count.describe('Times that all slots are filled until every task seen has run.'),
    }),
    quota,
    nodeHours: z
      .strictObject({ atMost: z.number() })
      .nullable()
      .describe(
        'Where every item and the merge take their whole timeout, none is tried again and all nodes come; null when there was no time to see all items.',
      ),
    cost: cost
      .nullable()
      .describe('Of these node-hours; null when the app has no price of such nodes.'),
    notes: z.array(z.string()).describe('What else decides whether and when it runs.'),
  })
  .meta({ id: 'Plan', description: 'What a run would be. Nothing of it has been made.' });

export type Preview = z.infer<typeof previewSchema>;
