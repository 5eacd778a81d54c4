/** What is wrong with a bearer token, in words; undefined when it is for one of the audiences and has not expired. Who signed it cannot be checked here. */
export function tokenFault(
  token: string,
  audiences: readonly string[],
  now: number,
): string | undefined {
  const claims = readClaims(token);
  if (claims === undefined) return 'The token is no JSON Web Token.';
  const audience = String(claims.aud).replace(/\/$/, '');
  if (!audiences.includes(audience)) {
    return `The token is for ${String(claims.aud)}; it must be for ${audiences.join('/ or ')}/.`;
  }
  if (typeof claims.exp !== 'number' || claims.exp * 1000 <= now) return 'The token has expired.';
  if (typeof claims.nbf === 'number' && claims.nbf * 1000 > now + clockSkew) {
    return 'The token is not valid yet.';
  }
  return undefined;
}

/** The token of an Authorization header; undefined when it is of another scheme. */
export function bearerToken(header: string | undefined): string | undefined {
  return /^Bearer (\S+)$/i.exec(header ?? '')?.[1];
}

/** Milliseconds that clocks may differ. */
const clockSkew = 300_000;

function readClaims(token: string): Record<string, unknown> | undefined {
  const parts = token.split('.');
  if (parts.length !== 3) return undefined;
  try {
    const claims: unknown = JSON.parse(Buffer.from(parts[1] ?? '', 'base64url').toString('utf8'));
    return typeof claims === 'object' && claims !== null
      ? (claims as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}
