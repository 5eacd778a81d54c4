import { BatchManagementClient } from '@azure/arm-batch';
import type { BatchEmulator } from '../../../local/batch/start.ts';

/** Parts of resource ids that mean nothing to the emulator. */
export const group = 'rg';
const subscription = '11111111-2222-3333-4444-555555555555';

/** The official management client on an emulator: over plain http it sends no token by itself. */
export function armClientFor(
  emulator: Pick<BatchEmulator, 'url' | 'key'>,
  token: string = emulator.key,
): BatchManagementClient {
  const credential = { getToken: () => Promise.resolve(null) };
  const client = new BatchManagementClient(credential, subscription, {
    endpoint: emulator.url,
    allowInsecureConnection: true,
    retryOptions: { maxRetries: 0 },
  });
  client.pipeline.removePolicy({ name: 'bearerTokenAuthenticationPolicy' });
  client.pipeline.addPolicy({
    name: 'localToken',
    sendRequest(request, next) {
      if (token !== '') request.headers.set('Authorization', `Bearer ${token}`);
      return next(request);
    },
  });
  return client;
}

/** The parts of a JSON Web Token that anybody could write. */
export function tokenFor(audience: string, expiresInSeconds = 3600): string {
  const encode = (part: object): string => Buffer.from(JSON.stringify(part)).toString('base64url');
  const exp = Math.floor(Date.now() / 1000) + expiresInSeconds;
  return `${encode({ alg: 'none' })}.${encode({ aud: audience, exp })}.signature`;
}
