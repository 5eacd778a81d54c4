import type { ArmReply, ArmRequest } from './request.ts';
import { accountId } from './request.ts';

/** BatchAccount_Get. */
export function getAccount(request: ArmRequest): ArmReply {
  return { status: 200, body: view(request) };
}

/** BatchAccount_List and BatchAccount_ListByResourceGroup: there is one. */
export function listAccounts(request: ArmRequest): ArmReply {
  return { status: 200, body: { value: [view(request)] } };
}

/** Location_GetQuotas. */
export function getLocationQuotas(): ArmReply {
  return { status: 200, body: { accountQuota: 1 } };
}

/** What quotas say that do not limit anything. */
const noLimit = 1_000_000;

function view(request: ArmRequest): object {
  const { account } = request;
  const { quotas } = account.controls.faults.knobs;
  return {
    id: accountId(request),
    name: account.name,
    type: 'Microsoft.Batch/batchAccounts',
    location: 'local',
    identity: { type: 'None' },
    properties: {
      accountEndpoint: new URL(request.baseUrl).host,
      provisioningState: 'Succeeded',
      poolAllocationMode: 'BatchService',
      publicNetworkAccess: 'Enabled',
      dedicatedCoreQuota: quotas.dedicatedCores ?? noLimit,
      dedicatedCoreQuotaPerVMFamily: [],
      dedicatedCoreQuotaPerVMFamilyEnforced: false,
      lowPriorityCoreQuota: quotas.lowPriorityCores ?? noLimit,
      poolQuota: quotas.pools ?? noLimit,
      activeJobAndJobScheduleQuota: quotas.activeJobs ?? noLimit,
      encryption: { keySource: 'Microsoft.Batch' },
      allowedAuthenticationModes: ['AAD', 'SharedKey', 'TaskAuthenticationToken'],
    },
    tags: {},
  };
}
