import { z } from 'zod';
import { duration } from './duration.ts';
import { container, glob } from './names.ts';

/** `on.drop`: uploads that start runs. */
export const drop = z
  .strictObject({
    container: container
      .describe('The container that is watched.')
      .meta({ examples: ['incoming'] }),
    match: z
      .array(glob)
      .min(1, { error: 'at least one glob' })
      .max(100)
      .describe('Globs over the names of the blobs; one that fits is enough.')
      .meta({ examples: [['logs/**/*.gz']] }),
    settle: duration(0, '1h')
      .prefault('2s')
      .describe('How long no upload must have come before a run starts over those that came.')
      .meta({ examples: ['10s'] }),
    maxWait: duration(0, '1d')
      .prefault('60s')
      .describe('How long the first upload waits at most, however many more come.')
      .meta({ examples: ['5m'] }),
    maxItems: z
      .number()
      .int()
      .min(1)
      .max(100_000)
      .default(10_000)
      .describe('With so many uploads a run starts at once.')
      .meta({ examples: [1000] }),
  })
  .describe(
    'Starts runs over blobs that are uploaded. Uploads close together become one run; a version of a blob is taken once.',
  )
  .meta({ examples: [{ container: 'incoming', match: ['logs/**/*.gz'] }] });
