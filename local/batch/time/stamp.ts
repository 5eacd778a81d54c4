/** Microseconds since 1970: fine enough to order changes, and still an exact double. */
export type Stamp = number;

/** The form of times in bodies: up to seven fractional digits, trailing zeros left out, as .NET writes them. */
export function isoTime(stamp: Stamp): string {
  const second = Math.floor(stamp / 1_000_000);
  if (second !== lastSecond) {
    lastText = new Date(second * 1000).toISOString().slice(0, 19);
    lastSecond = second;
  }
  const micros = stamp - second * 1_000_000;
  if (micros === 0) return `${lastText}Z`;
  const digits = String(micros).padStart(6, '0');
  return `${lastText}.${digits.endsWith('0') ? digits.replace(/0+$/, '') : digits}Z`;
}

// Times come in bunches, and writing a date costs ten times as much as its fraction.
let lastSecond = Number.NaN;
let lastText = '';

/** The form of times in headers (RFC 1123), whole seconds. */
export function httpTime(stamp: Stamp): string {
  return new Date(stamp / 1000).toUTCString();
}

/** The service's ETag of a change: its time in .NET ticks, unquoted hexadecimal. */
export function etagOf(stamp: Stamp): string {
  return `0x${(BigInt(stamp) * 10n + ticksAt1970).toString(16).toUpperCase()}`;
}

const ticksAt1970 = 621_355_968_000_000_000n;
