const UNIT_SECONDS = { ms: 0.001, s: 1, m: 60, h: 3600, d: 86_400 } as const;

type Unit = keyof typeof UNIT_SECONDS;

const DURATION = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/;

/** Seconds of a duration such as `500ms`, `2s`, `1.5m`, `1h`, `7d`; null when it is not one. */
export function parseDuration(text: string): number | null {
  const match = DURATION.exec(text);
  if (!match) return null;
  return Number(match[1]) * UNIT_SECONDS[match[2] as Unit];
}

/** The moment `seconds` after `date`; orchestrations may not name the clock themselves. */
export function addSeconds(date: Date, seconds: number): Date {
  return new Date(date.getTime() + seconds * 1000);
}

/** ISO 8601 duration as Azure Batch takes it, rounded up to whole seconds. */
export function isoDuration(seconds: number): string {
  return `PT${Math.ceil(seconds)}S`;
}
