import { z } from 'zod';
import { manifestItemSchema } from '../plan/manifest-schema.ts';

/** An item as `GET /api/runs/{id}/items` shows it: the manifest's entry, which comes into being while the run goes. */
export const itemViewSchema = manifestItemSchema
  .extend({
    status: z
      .enum(['Waiting', 'Running', 'Succeeded', 'Failed', 'Cancelled'])
      .describe(
        'While the run goes, as its records say so far: one that failed may be tried again.',
      ),
    outputs: manifestItemSchema.shape.outputs.describe('Empty until the run has ended.'),
  })
  .meta({ id: 'Item', description: 'One item of a run.' });

export type ItemView = z.infer<typeof itemViewSchema>;
