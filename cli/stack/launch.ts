import { ACCOUNTS } from '../../local/stack/accounts.ts';
import type { StackUrls } from '../../local/stack/parts.ts';
import { type Stack, startStack } from '../../local/stack/stack.ts';
import { CliError, messageOf } from '../errors.ts';
import { FROM_SOURCE, PACKAGE_ROOT } from '../package-root.ts';

export type { Stack };

export interface LaunchOptions {
  dataDir: string;
  /** Port of the HTTP API; the one used on this folder before, or a free one, when absent. */
  port?: number | undefined;
  /** Told, in a sentence each, what happens to the parts. */
  log?: (line: string) => void;
}

/** Only these leave a complete blob behind. */
const COMMITTING = ['PutBlob', 'PutBlockList', 'CopyBlob', 'FlushWithClose'];
/** Sluice's own records, whose events would only wake it for nothing. */
const OWN_CONTAINERS = ['sluice', 'sluice-work'];

/** Starts the local stack with this package's functions on it, and their settings and event subscription. */
export async function launchStack({ dataDir, port, log }: LaunchOptions): Promise<Stack> {
  try {
    return await startStack({
      dataDir,
      appDir: PACKAGE_ROOT,
      ...(FROM_SOURCE ? { functions: 'functions/*.ts' } : {}),
      ...(port === undefined ? {} : { port }),
      ...(log ? { log } : {}),
      settings: appSettings,
      subscriptions: (urls) => [dropSubscription(urls)],
    });
  } catch (cause) {
    throw new CliError(messageOf(cause), { cause });
  }
}

/** MB of heap that the app gets by with, a run of a million items included; Node alone would take gigabytes before it tidies up. */
const APP_HEAP_MB = 384;

/** Settings by which the app finds the local stack. */
export function appSettings({ blob, batch }: StackUrls): Record<string, string> {
  return {
    SLUICE_STORAGE_URL: blob,
    SLUICE_STORAGE_KEY: ACCOUNTS.storage.key,
    SLUICE_BATCH_URL: batch,
    SLUICE_BATCH_ACCOUNT: ACCOUNTS.batch.name,
    SLUICE_BATCH_KEY: ACCOUNTS.batch.key,
    SLUICE_BATCH_ARM_URL: `${batch}/subscriptions/local/resourceGroups/local/providers/Microsoft.Batch/batchAccounts/${ACCOUNTS.batch.name}`,
    languageWorkers__node__arguments: `--max-old-space-size=${APP_HEAP_MB}`,
  };
}

/** The event subscription by which the app hears of committed uploads. */
export function dropSubscription({ host }: StackUrls) {
  const subjects = OWN_CONTAINERS.map((name) => `/blobServices/default/containers/${name}/`);
  return {
    name: 'sluice-drop',
    endpoint: `${host}/runtime/webhooks/eventgrid?functionName=drop`,
    filter: {
      includedEventTypes: ['Microsoft.Storage.BlobCreated'],
      advancedFilters: [
        { operatorType: 'StringIn' as const, key: 'data.api', values: COMMITTING },
        { operatorType: 'StringNotBeginsWith' as const, key: 'subject', values: subjects },
      ],
    },
  };
}
