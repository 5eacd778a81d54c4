import type { LocalSettings } from '../local-settings.ts';
import { sendEmpty, type Exchange } from './exchange.ts';
import type { Handler } from './server.ts';

/** Lets pages of other origins call the app, as `Host.CORS` of local.settings.json says. */
export function cors({ origins, credentials }: NonNullable<LocalSettings['cors']>): Handler {
  return ({ request, response }) => {
    const { origin } = request.headers;
    if (!origin || !(origins.includes('*') || origins.includes(origin))) return false;
    // A browser takes no "*" together with credentials.
    response.setHeader(
      'access-control-allow-origin',
      origins.includes('*') && !credentials ? '*' : origin,
    );
    response.setHeader('vary', 'Origin');
    if (credentials) response.setHeader('access-control-allow-credentials', 'true');
    return isPreflight(request) && allow({ request, response });
  };
}

function isPreflight({ method, headers }: Exchange['request']): boolean {
  return method === 'OPTIONS' && 'access-control-request-method' in headers;
}

function allow({ request, response }: Pick<Exchange, 'request' | 'response'>): true {
  const { headers } = request;
  response.setHeader(
    'access-control-allow-methods',
    headers['access-control-request-method'] ?? '',
  );
  const names = headers['access-control-request-headers'];
  if (names) response.setHeader('access-control-allow-headers', names);
  sendEmpty(response, 204);
  return true;
}
