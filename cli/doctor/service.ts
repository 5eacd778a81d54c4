import { findRunningStack } from '../../local/stack/stack-file.ts';
import { type Api, ApiError, UnreachableError } from '../api/client.ts';
import { connect, type Target } from '../api/locate.ts';
import type { Service } from '../api/types.ts';
import { openStorage } from '../drop/storage.ts';
import { CliError, codeOf, messageOf } from '../errors.ts';
import { COMMAND } from '../package-root.ts';
import { type Check, fault, ok, skipped } from './check.ts';

const PATIENCE_MS = 5000;

/** What the service says that the commands would talk to: the one named, or the local stack if one runs. */
export async function serviceChecks(
  target: Target,
  env: NodeJS.ProcessEnv = process.env,
): Promise<Check[]> {
  const named = target.url ?? env.SLUICE_URL;
  const stack = findRunningStack(target.dataDir);
  if (!named && !stack) {
    const remedy = `Start it with: ${COMMAND} dev`;
    return [skipped('api', `no local stack runs on ${target.dataDir}`, remedy)];
  }
  const api = await connect(target, env);
  const { checks, service } = await apiChecks(api, env);
  if (service) checks.push(await storageCheck(service.storage.blobEndpoint));
  checks.push(await batchCheck(named ? null : (stack?.urls.batch ?? null)));
  return checks;
}

async function apiChecks(
  api: Api,
  env: NodeJS.ProcessEnv,
): Promise<{ checks: Check[]; service: Service | null }> {
  try {
    const service = await api.get<Service>('');
    await api.get('/pipelines');
    const key = env.SLUICE_KEY ? 'the one in SLUICE_KEY is accepted' : 'none is asked for';
    return {
      checks: [ok('api', `${api.base}, version ${service.version}`), ok('key', key)],
      service,
    };
  } catch (error) {
    return { checks: apiFaults(api, error, env), service: null };
  }
}

function apiFaults(api: Api, error: unknown, env: NodeJS.ProcessEnv): Check[] {
  if (error instanceof ApiError && (error.status === 401 || error.status === 403)) {
    const what = env.SLUICE_KEY ? 'the one in SLUICE_KEY is not accepted' : 'SLUICE_KEY is not set';
    const remedy =
      'Set SLUICE_KEY to a function key of the app: az functionapp keys list --name APP --resource-group GROUP';
    return [ok('api', api.base), fault('key', what, remedy)];
  }
  if (!(error instanceof CliError)) throw error;
  const away = error instanceof UnreachableError;
  return [
    fault('api', error.message, error.next ?? (away ? 'Is it running?' : 'Look at its log.')),
  ];
}

async function storageCheck(endpoint: string): Promise<Check> {
  try {
    const storage = await openStorage(endpoint);
    const there = await storage
      .getContainerClient('sluice')
      .exists({ abortSignal: AbortSignal.timeout(PATIENCE_MS) });
    return ok('storage', there ? endpoint : `${endpoint}, where nothing was stored yet`);
  } catch (error) {
    const remedy =
      'On Azure: sign in with az login, and have the role Storage Blob Data Contributor.';
    return fault('storage', `${endpoint}: ${codeOf(error) ?? messageOf(error)}`, remedy);
  }
}

/** The data plane of Batch tells no quotas; on a laptop there are none. */
async function batchCheck(localUrl: string | null): Promise<Check> {
  if (localUrl === null) {
    const remedy =
      'See it with: az batch account show --name ACCOUNT --resource-group GROUP --query "{cores: dedicatedCoreQuota, pools: poolQuota, jobs: activeJobAndJobScheduleQuota}"';
    return skipped('batch', 'the quota is told by Azure Resource Manager only', remedy);
  }
  try {
    // Whatever it answers without a signature, it answers.
    await fetch(localUrl, { signal: AbortSignal.timeout(PATIENCE_MS) });
    return ok('batch', `${localUrl}, an emulator without quota`);
  } catch (error) {
    const remedy = `Start the stack again: ${COMMAND} dev`;
    return fault('batch', `${localUrl}: ${messageOf(error)}`, remedy);
  }
}
