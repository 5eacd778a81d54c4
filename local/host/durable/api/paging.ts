/** How many rows a page has when the client does not say. */
export const defaultPage = 100;

/** The header with which a client asks for what comes after `last`; none when that was all. */
export function tokenHeader(last: string | undefined): Record<string, string> {
  if (last === undefined) return {};
  return { 'x-ms-continuation-token': Buffer.from(last).toString('base64') };
}

/** The id that a client's continuation token stands for. */
export function fromToken(header: string | string[] | undefined): string | undefined {
  return header ? Buffer.from(String(header).trim(), 'base64').toString('utf8') : undefined;
}

/** Milliseconds since 1970 of a query's time; undefined when it is none. */
export function timeOf(text: string | null): number | undefined {
  const time = Date.parse(text ?? '');
  return Number.isNaN(time) ? undefined : time;
}
