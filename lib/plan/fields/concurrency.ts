import { z } from 'zod';

/** `concurrency`: what happens when a run is asked for while another one of the pipeline is going. */
export const concurrency = z
  .enum(['allow', 'queue', 'skip'])
  .meta({ examples: ['queue'] })
  .describe(
    'Whether runs of this pipeline may be going at the same time. `allow`: they may. `queue`: one at a time; drops wait until the run has ended and become the next one, a request over HTTP is refused with 409. `skip`: as `queue`, and what a schedule would have started meanwhile is left out.',
  );

/** Whether runs of a pipeline must not overlap. */
export function takesTurns(pipeline: { concurrency?: z.output<typeof concurrency> }): boolean {
  return (pipeline.concurrency ?? 'allow') !== 'allow';
}
