import { z } from 'zod';

/** `pool.nodes`: how many nodes a run may have, and whether Azure may take them away again. */
export const nodes = z
  .strictObject({
    max: z
      .number()
      .int()
      .min(1)
      .max(1000)
      .describe('The most nodes that a run has at a time; it takes fewer when its tasks are few.')
      .meta({ examples: [4] }),
    spot: z
      .boolean()
      .default(false)
      .meta({ examples: [true] })
      .describe(
        'Nodes of spare capacity (low-priority or Spot, as the Batch account allocates its pools), which cost a fraction. Azure may take them away at any time: their tasks run again elsewhere, which counts as no attempt.',
      ),
  })
  .meta({
    description: 'How many nodes a run may have, and of which kind.',
    examples: [{ max: 4, spot: true }],
  });
