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

/** ISO 8601 form of a number of microseconds, at least 0, as .NET writes it. */
export function formatDuration(microseconds: number): string {
  const whole = Math.floor(microseconds / 1_000_000);
  const fraction = String(microseconds - whole * 1_000_000)
    .padStart(6, '0')
    .replace(/0+$/, '');
  const days = Math.floor(whole / 86_400);
  const hours = Math.floor(whole / 3600) % 24;
  const minutes = Math.floor(whole / 60) % 60;
  const seconds = fraction === '' ? `${whole % 60}` : `${whole % 60}.${fraction}`;
  const time = `${hours > 0 ? `${hours}H` : ''}${minutes > 0 ? `${minutes}M` : ''}${seconds === '0' ? '' : `${seconds}S`}`;
  const date = days > 0 ? `${days}D` : '';
  if (date === '' && time === '') return 'PT0S';
  return time === '' ? `P${date}` : `P${date}T${time}`;
}

/** Milliseconds of a limit, or undefined when there is none. */
export function limitMilliseconds(text: string | undefined): number | undefined {
  if (text === undefined || text === unlimited) return undefined;
  return parseDuration(text);
}
