import { z } from 'zod';

/** Containers for Sluice's own records and for what tasks write; no pipeline may watch them. */
export const CONTROL_CONTAINER = 'sluice';
export const WORK_CONTAINER = 'sluice-work';

/** The name of a container that holds a user's blobs. */
export const container = z
  .string()
  .regex(/^(?!.*--)[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/, {
    error: 'a container name: 3 to 63 lower-case letters, digits and single hyphens',
  })
  .refine((name) => name !== CONTROL_CONTAINER && name !== WORK_CONTAINER, {
    error: `a container other than ${CONTROL_CONTAINER} and ${WORK_CONTAINER}, which hold Sluice's own records`,
  });

/** A glob over the names of blobs. */
export const glob = z
  .string()
  .min(1, { error: 'a glob such as logs/**/*.gz' })
  .refine((text) => !text.startsWith('/'), {
    error: 'a glob without a leading slash, since blob names have none',
  });

/** What a field of an item, a parameter or an axis may hold; it reaches the command as text. */
export const scalar = z
  .union([z.string(), z.number(), z.boolean()], { error: 'text, a number, true or false' })
  .refine((value) => !String(value).includes('\0'), {
    error: 'text without null characters, which no environment variable can hold',
  });

/** A name from which a `PARAM_…` variable is made. */
export const fieldName = z.string().regex(/^[A-Za-z][A-Za-z0-9_-]{0,63}$/, {
  error: 'a name of at most 64 letters, digits, hyphens and underscores that begins with a letter',
});
