import { WELL_KNOWN_ACCOUNT } from '../storage/account.ts';

/** Names and keys of the stack's accounts; they are public and open nothing but a laptop's stack. */
export const ACCOUNTS = {
  storage: WELL_KNOWN_ACCOUNT,
  batch: {
    name: 'devbatch',
    // The bytes 0 to 63, so that everybody sees that it is not a secret.
    key: Buffer.from(Array.from({ length: 64 }, (_, byte) => byte)).toString('base64'),
  },
} as const;
