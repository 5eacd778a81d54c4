import { z } from 'zod';
import { SluiceError } from '../errors.ts';
import type { InUse, Quota } from '../plan/quota.ts';
import { identity } from './credentials.ts';
import { listJobs } from './jobs.ts';
import { listPools } from './pools.ts';
import { getSettings } from './settings.ts';

const VERSION = '2024-02-01';
const SCOPE = 'https://management.azure.com/.default';
const TIMEOUT_MS = 20_000;
const NODES =
  'vmSize,currentDedicatedNodes,targetDedicatedNodes,currentLowPriorityNodes,targetLowPriorityNodes';

/** As far as we read it: `BatchAccountProperties` of Azure Resource Manager. */
const account = z.object({
  properties: z.object({
    dedicatedCoreQuota: z.number().nullish(),
    lowPriorityCoreQuota: z.number().nullish(),
    dedicatedCoreQuotaPerVMFamily: z
      .array(z.object({ name: z.string(), coreQuota: z.number() }))
      .nullish(),
    dedicatedCoreQuotaPerVMFamilyEnforced: z.boolean().nullish(),
    poolQuota: z.number(),
    activeJobAndJobScheduleQuota: z.number(),
  }),
});

/** The Batch account's quotas, as Azure Resource Manager has them; null when the app is not told where that is. */
export async function accountQuota(): Promise<Quota | null> {
  const { batchArmUrl } = getSettings();
  if (batchArmUrl === undefined) return null;
  const { properties } = account.parse(await readAccount(batchArmUrl));
  const families = properties.dedicatedCoreQuotaPerVMFamily ?? [];
  // An account that takes its nodes from the subscription has no quotas of cores of its own.
  return {
    dedicatedCores: properties.dedicatedCoreQuota ?? Infinity,
    lowPriorityCores: properties.lowPriorityCoreQuota ?? Infinity,
    families:
      properties.dedicatedCoreQuotaPerVMFamilyEnforced === true
        ? new Map(families.map(({ name, coreQuota }) => [name.toLowerCase(), coreQuota]))
        : null,
    pools: properties.poolQuota,
    activeJobs: properties.activeJobAndJobScheduleQuota,
  };
}

async function readAccount(url: string): Promise<unknown> {
  const headers = { authorization: `Bearer ${await token()}` };
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  const response = await fetch(`${url}?api-version=${VERSION}`, { headers, signal });
  if (response.ok) return response.json();
  const text = (await response.text()).slice(0, 500);
  const message = `Azure Resource Manager answered ${response.status} for ${url}: ${text}`;
  throw new SluiceError('BatchRefused', message);
}

async function token(): Promise<string> {
  const { batchKey } = getSettings();
  if (batchKey !== undefined) return batchKey;
  return (await (await identity()).getToken(SCOPE))?.token ?? '';
}

/** What the account has now: its pools, with the nodes that they have or are about to have, and its active jobs. */
export async function accountInUse(): Promise<InUse> {
  const pools: InUse['pools'][number][] = [];
  for await (const pool of listPools(NODES)) {
    pools.push({
      vmSize: pool.vmSize ?? '',
      dedicated: Math.max(pool.currentDedicatedNodes ?? 0, pool.targetDedicatedNodes ?? 0),
      lowPriority: Math.max(pool.currentLowPriorityNodes ?? 0, pool.targetLowPriorityNodes ?? 0),
    });
  }
  let activeJobs = 0;
  for await (const _ of listJobs("state eq 'active'")) activeJobs++;
  return { pools, activeJobs };
}
