/** Microseconds since 1970: fine enough to order changes, and still an exact double. */
export type Stamp = number;

/** The form of times in bodies: up to seven fractional digits, trailing zeros left out, as .NET writes them. */
export function isoTime(stamp: Stamp): string {
  const seconds = new Date(Math.floor(stamp / 1_000_000) * 1000).toISOString().slice(0, 19);
  const fraction = String(stamp % 1_000_000)
    .padStart(6, '0')
    .replace(/0+$/, '');
  return fraction === '' ? `${seconds}Z` : `${seconds}.${fraction}Z`;
}

/** The form of times in headers (RFC 1123), whole seconds. */
export function httpTime(stamp: Stamp): string {
  return new Date(stamp / 1000).toUTCString();
}

/** The service's ETag of a change: its time in .NET ticks, unquoted hexadecimal. */
export function etagOf(stamp: Stamp): string {
  return `0x${(BigInt(stamp) * 10n + ticksAt1970).toString(16).toUpperCase()}`;
}

const ticksAt1970 = 621_355_968_000_000_000n;
