import { z } from 'zod';
import { SluiceError } from '../errors.ts';

const url = z
  .url({ protocol: /^https?$/, error: 'an http or https URL' })
  .transform((text) => text.replace(/\/+$/, ''));

/** The app settings, as environment variables. A key is for the local stack; in Azure identity takes its place. */
const schema = z.object({
  SLUICE_STORAGE_URL: url,
  SLUICE_STORAGE_KEY: z.string().optional(),
  SLUICE_BATCH_URL: url,
  SLUICE_BATCH_ACCOUNT: z.string().optional(),
  SLUICE_BATCH_KEY: z.string().optional(),
  SLUICE_BATCH_ARM_URL: url.optional(),
  SLUICE_PRICES: z.string().optional(),
  SLUICE_STALLED_AFTER_SECONDS: z.coerce.number().min(1).default(900),
  SLUICE_RECONCILE_AFTER_SECONDS: z.coerce.number().min(0).default(900),
});

export interface Settings {
  /** Blob endpoint of the storage account; on Azurite it ends with the account's name. */
  storageUrl: string;
  storageKey: string | undefined;
  batchUrl: string;
  batchAccount: string;
  batchKey: string | undefined;
  /** The Batch account in Azure Resource Manager: `https://management.azure.com/subscriptions/…/batchAccounts/NAME`. */
  batchArmUrl: string | undefined;
  /** JSON, read by `readPrices`. */
  prices: string | undefined;
  /** Seconds without a move after which a run's durable instance counts as stuck. */
  stalledAfterSeconds: number;
  /** Seconds that an event may be late before its blob is looked for. */
  reconcileAfterSeconds: number;
}

let settings: Settings | undefined;

/** The app's settings, read once. Throws `InvalidSettings` that names each variable. */
export function getSettings(): Settings {
  settings ??= readSettings(process.env);
  return settings;
}

function readSettings(env: NodeJS.ProcessEnv): Settings {
  const parsed = schema.safeParse(env);
  if (!parsed.success) {
    const faults = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
    throw new SluiceError(
      'InvalidSettings',
      `App settings are missing or malformed: ${faults.join('; ')}`,
    );
  }
  const values = parsed.data;
  return {
    storageUrl: values.SLUICE_STORAGE_URL,
    storageKey: values.SLUICE_STORAGE_KEY,
    batchUrl: values.SLUICE_BATCH_URL,
    batchAccount:
      values.SLUICE_BATCH_ACCOUNT ?? new URL(values.SLUICE_BATCH_URL).hostname.split('.')[0] ?? '',
    batchKey: values.SLUICE_BATCH_KEY,
    batchArmUrl: values.SLUICE_BATCH_ARM_URL,
    prices: values.SLUICE_PRICES,
    stalledAfterSeconds: values.SLUICE_STALLED_AFTER_SECONDS,
    reconcileAfterSeconds: values.SLUICE_RECONCILE_AFTER_SECONDS,
  };
}

/** The account's name: the last path segment on Azurite, the first label of the host in Azure. */
export function storageAccount(storageUrl: string): string {
  const { pathname, hostname } = new URL(storageUrl);
  const [segment] = pathname.split('/').filter(Boolean);
  return segment ?? hostname.split('.')[0] ?? '';
}
