import { z } from 'zod';

/** `pool.packages`: application packages of the Batch account. */
export const packages = z
  .array(
    z.strictObject({
      id: z
        .string()
        .regex(/^([A-Za-z0-9_-]{1,64}|\/subscriptions\/.+\/applications\/[A-Za-z0-9_-]{1,64})$/, {
          error: 'the id of an application of the Batch account, or its whole resource id',
        })
        .describe(
          'An application of the Batch account: its name, or its whole resource id, which Azure wants for pools.',
        )
        .meta({ examples: ['ffmpeg'] }),
      version: z
        .string()
        .regex(/^[A-Za-z0-9._-]{1,64}$/, { error: 'a version such as 1.0' })
        .optional()
        .describe("The version; the application's default version when it is left out.")
        .meta({ examples: ['7.1'] }),
    }),
  )
  .min(1, { error: 'at least one package' })
  .max(10)
  .meta({ examples: [[{ id: 'ffmpeg', version: '7.1' }]] })
  .describe(
    'Application packages of the Batch account, unpacked on every node; `AZ_BATCH_APP_PACKAGE_{id}_{version}` says where.',
  );
