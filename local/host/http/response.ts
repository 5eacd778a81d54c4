import type { ServerResponse } from 'node:http';
import type { TypedData } from '../app/core-types.ts';
import { sendEmpty } from './exchange.ts';

interface RpcHttpResponse {
  statusCode?: string;
  headers?: Record<string, string>;
  cookies?: RpcCookie[];
  body?: TypedData | null;
}

/** A cookie as `@azure/functions` hands it over. */
export interface RpcCookie {
  name: string;
  value: string;
  domain?: { value: string };
  path?: { value: string };
  expires?: { value: { seconds: number } };
  secure?: { value: boolean };
  httpOnly?: { value: boolean };
  sameSite?: 'none' | 'lax' | 'strict' | 'explicitNone';
  maxAge?: { value: number };
}

/** Sends what a handler returned; a handler that returned nothing gives 204. */
export function sendHttpResponse(response: ServerResponse, returned?: TypedData | null): void {
  const http = returned?.http as RpcHttpResponse | undefined;
  if (!http) return sendEmpty(response, 204);
  const body = http.body?.bytes ?? Buffer.from(http.body?.string ?? '');
  const headers: Record<string, string | string[] | number> = { ...http.headers };
  const cookies = (http.cookies ?? []).map(cookieLine);
  if (cookies.length > 0) headers['set-cookie'] = cookies;
  const status = Number(http.statusCode ?? 200);
  if (status >= 200 && status !== 204 && status !== 304) headers['content-length'] = body.length;
  response.writeHead(status, headers).end(body);
}

/** One Set-Cookie line, in the order the real host writes its attributes. */
export function cookieLine(cookie: RpcCookie): string {
  const parts = [`${cookie.name}=${encodeURIComponent(cookie.value)}`];
  if (cookie.expires) {
    parts.push(`expires=${new Date(Number(cookie.expires.value.seconds) * 1000).toUTCString()}`);
  }
  if (cookie.maxAge) parts.push(`max-age=${Math.trunc(cookie.maxAge.value)}`);
  if (cookie.domain) parts.push(`domain=${cookie.domain.value}`);
  parts.push(`path=${cookie.path?.value ?? '/'}`);
  if (cookie.secure?.value) parts.push('secure');
  const sameSite = { none: '', lax: 'lax', strict: 'strict', explicitNone: 'none' }[
    cookie.sameSite ?? 'none'
  ];
  if (sameSite) parts.push(`samesite=${sameSite}`);
  if (cookie.httpOnly?.value) parts.push('httponly');
  return parts.join('; ');
}
