/** Microseconds since 1970: fine enough to order changes, and still an exact double. */
export type Stamp = number;

/** Gives times of which each is later than the one before, whatever the wall clock does. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  /** A stamp that was never given before. */
  stamp(): Stamp;
}

/** A clock over a source of milliseconds. */
export function createClock(now: () => number = Date.now): Clock {
  let last = 0;
  return {
    now,
    stamp() {
      last = Math.max(last + 1, Math.floor(now() * 1000));
      return last;
    },
  };
}

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
