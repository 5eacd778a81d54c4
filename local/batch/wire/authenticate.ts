import { machineStamp } from '../time/clock.ts';
import { bearerToken, tokenFault } from './bearer.ts';
import { BatchError } from './errors.ts';
import { verifySharedKey, type Credentials, type SignedRequest } from './shared-key.ts';

/** How requests prove who sends them. */
export interface Authentication extends Credentials {
  /** Whether bearer tokens are accepted, too. */
  bearer: boolean;
}

/** Throws AuthenticationFailed or InvalidAuthenticationInfo unless a request for the data plane has the account's signature or a token. */
export function authenticate(request: SignedRequest, authentication: Authentication): void {
  const header = request.headers.authorization;
  const token = bearerToken(header);
  if (token === undefined) {
    verifySharedKey(request, authentication);
    return;
  }
  const fault = authentication.bearer
    ? tokenFault(token, audiences, machineStamp() / 1000)
    : 'Bearer tokens are not accepted: sign with the account key, or start the emulator with --bearer.';
  if (fault === undefined) return;
  throw new BatchError('AuthenticationFailed', {
    values: [{ key: 'AuthenticationErrorDetail', value: fault }],
  });
}

const audiences = ['https://batch.core.windows.net'];
