import type { IncomingHttpHeaders } from 'node:http';
import type { Account } from '../account.ts';
import type { Json } from '../store/documents.ts';
import { ArmError, invalidBody } from './errors.ts';

/** One authenticated request for the resource provider. */
export interface ArmRequest {
  account: Account;
  /** The account's, base64. */
  key: string;
  /** Decoded parts of the path. */
  params: Record<string, string>;
  query: ReadonlyMap<string, string>;
  headers: IncomingHttpHeaders;
  body: unknown;
  /** `http://host:port` as the client wrote it. */
  baseUrl: string;
  /** Path of the request as it came, without its query. */
  path: string;
}

/** What a handler of the resource provider answers. */
export interface ArmReply {
  status: number;
  body?: object;
  headers?: Record<string, string>;
}

/** The request's body as an object. */
export function bodyOf({ body }: ArmRequest): Json {
  if (typeof body === 'object' && body !== null && !Array.isArray(body)) return body as Json;
  throw invalidBody('The body must be a JSON object.');
}

/** A part of the path that the route is known to have. */
export function part(request: ArmRequest, name: string): string {
  const value = request.params[name];
  if (value === undefined) throw new Error(`The route has no parameter ${name}.`);
  return value;
}

/** Resource id of the emulated account under the subscription and group that the request names: any will do. */
export function accountId(request: ArmRequest): string {
  const { subscriptionId = defaultSubscription, resourceGroupName = 'local' } = request.params;
  return `/subscriptions/${subscriptionId}/resourceGroups/${resourceGroupName}/providers/Microsoft.Batch/batchAccounts/${request.account.name}`;
}

const defaultSubscription = '00000000-0000-0000-0000-000000000000';

/** One page of a list, of as many members as the request wants, with the link to the next. */
export function page<T>(
  request: ArmRequest,
  items: readonly T[],
  render: (item: T) => object,
): ArmReply {
  const limit = maxResults(request);
  const start = Number(request.query.get('$skiptoken') ?? 0);
  const end = start + limit;
  const value = items.slice(start, end).map(render);
  if (end >= items.length) return { status: 200, body: { value } };
  const query = new URLSearchParams([...request.query]);
  query.set('$skiptoken', String(end));
  const nextLink = `${request.baseUrl}${request.path}?${query.toString()}`;
  return { status: 200, body: { value, nextLink } };
}

/** Refuses a change when the resource is not as the conditional headers want it; undefined is a resource that is not there. */
export function requireCondition(request: ArmRequest, etag: string | undefined): void {
  const { 'if-match': match, 'if-none-match': noneMatch } = request.headers;
  const holds = (wanted: string): boolean =>
    etag !== undefined && (wanted === '*' || wanted === etag);
  if ((match === undefined || holds(match)) && (noneMatch === undefined || !holds(noneMatch))) {
    return;
  }
  throw new ArmError(
    412,
    'PreconditionFailed',
    `The condition on the resource's ETag does not hold; it is ${etag ?? 'not there'}.`,
  );
}

function maxResults({ query }: ArmRequest): number {
  const text = query.get('maxresults');
  if (text === undefined) return 1000;
  const count = Number(text);
  if (Number.isInteger(count) && count >= 1 && count <= 1000) return count;
  throw new ArmError(
    400,
    'InvalidQueryParameterValue',
    `maxresults must be a whole number from 1 to 1000, not ${text}.`,
  );
}
