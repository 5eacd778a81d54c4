/** The link to the next page, relative to the host: the request's own query with another `after`. */
export function nextLink(url: string, after: string | null): string | null {
  if (after === null) return null;
  const { pathname, searchParams } = new URL(url);
  searchParams.set('after', after);
  return `${pathname}?${searchParams.toString()}`;
}
