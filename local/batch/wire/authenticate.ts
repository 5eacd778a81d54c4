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
    requireRecent(request);
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

/** Milliseconds that a signed request may be old, or ahead. */
const oldest = 15 * 60_000;

function requireRecent({ headers }: SignedRequest): void {
  const text = String(headers['ocp-date'] ?? headers.date);
  const time = Date.parse(text);
  if (Math.abs(time - machineStamp() / 1000) <= oldest) return;
  throw new BatchError('AuthenticationFailed', {
    values: [
      {
        key: 'AuthenticationErrorDetail',
        value: `The date of the request, ${text}, is no RFC 1123 time within 15 minutes of now.`,
      },
    ],
  });
}

const audiences = ['https://batch.core.windows.net'];
