import type { IncomingMessage } from 'node:http';

// These speak of one connection (RFC 9110, section 7.6.1); chunked transfer is kept, since it frames the body alike.
const HOP_BY_HOP = new Set(['connection', 'keep-alive', 'proxy-connection', 'upgrade']);

/** The headers to pass on: names, order, case and repetition as they came, as a flat list. */
export function requestHeaders({ rawHeaders, headers, method }: IncomingMessage): string[] {
  const kept = endToEnd(rawHeaders);
  const hasLength = 'content-length' in headers || 'transfer-encoding' in headers;
  // Without a length Node would begin a chunked body where there is none.
  return !hasLength && (method === 'PUT' || method === 'POST')
    ? [...kept, 'Content-Length', '0']
    : kept;
}

/** The headers of an answer to pass on, as a flat list. */
export function responseHeaders({ rawHeaders }: IncomingMessage): string[] {
  return endToEnd(rawHeaders);
}

function endToEnd(raw: string[]): string[] {
  return raw.filter((_, at) => !HOP_BY_HOP.has(String(raw[at - (at % 2)]).toLowerCase()));
}
