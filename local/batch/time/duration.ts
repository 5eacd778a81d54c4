/** How the service writes a duration without limit (.NET's TimeSpan.MaxValue). */
export const unlimited = 'P10675199DT2H48M5.4775807S';

const pattern =
  /^P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?$/;
const unitSeconds = [31_536_000, 2_592_000, 604_800, 86_400, 3600, 60, 1];

/** Milliseconds of an ISO 8601 duration, counting a year as 365 days and a month as 30; undefined when it is none. */
export function parseDuration(text: string): number | undefined {
  const match = pattern.exec(text);
  if (match === null || text.endsWith('P') || text.endsWith('T')) return undefined;
  let seconds = 0;
  unitSeconds.forEach((unit, index) => (seconds += unit * Number(match[index + 1] ?? 0)));
  return seconds * 1000;
}

/** Milliseconds of a limit, or undefined when there is none. */
export function limitMilliseconds(text: string | undefined): number | undefined {
  if (text === undefined || text === unlimited) return undefined;
  return parseDuration(text);
}
