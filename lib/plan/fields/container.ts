import { z } from 'zod';

/** `tasks.container`: the image that the tasks' programs run in. */
export const container = z
  .strictObject({
    image: z
      .string()
      .max(512)
      .regex(/^[a-z0-9][A-Za-z0-9._:/@-]*$/, {
        error: 'the name of an image such as ubuntu:24.04 or ghcr.io/owner/tool:1.2',
      })
      .describe('The image, by name and tag or digest; nodes fetch it before they take tasks.')
      .meta({ examples: ['ubuntu:24.04'] }),
    runOptions: z
      .string()
      .max(4096)
      .optional()
      .describe("More options for the engine's `run`.")
      .meta({ examples: ['--network none'] }),
  })
  .meta({ examples: [{ image: 'ubuntu:24.04' }] })
  .describe(
    'Runs the tasks, and the merge, in a container. The image needs `sh`, `setsid`, `timeout` and, unless `shell: sh`, `bash`.',
  );
