import type { FileHandle } from 'node:fs/promises';
import type { IncomingHttpHeaders } from 'node:http';
import type { AddResults } from '../faults/knobs.ts';
import { BatchError, invalidQuery } from './errors.ts';
import type { Stamp } from '../time/stamp.ts';

/** One authenticated request, as the handlers of operations see it. */
export interface Call {
  operation: string;
  /** Decoded parts of the path, by the names of the service's description. */
  params: Record<string, string>;
  query: ReadonlyMap<string, string>;
  headers: IncomingHttpHeaders;
  /** The parsed JSON body; undefined when there was none. */
  body: unknown;
  /** `http://host:port` as the client wrote it, for the absolute URLs of answers. */
  baseUrl: string;
  /** URL of the request without its query. */
  url: string;
  /** How likely each task that is added meets a fault; undefined when none can. */
  addResults?: AddResults | undefined;
}

/** What a handler answers; `changed` gives ETag and Last-Modified. */
export interface Reply {
  status: number;
  /** JSON text. */
  body?: string;
  changed?: Stamp;
  /** URL of a created resource. */
  location?: string;
  /** Says which URL the answer is about, on answers without a body. */
  dataServiceId?: string;
  /** Further headers. */
  headers?: Record<string, string>;
  /** Bytes of a file as the body, instead of JSON. */
  content?: FileBytes;
}

/** A part of a file; the handle is closed once it is sent. */
export interface FileBytes {
  handle: FileHandle;
  start: number;
  /** Number of bytes. */
  length: number;
}

/** A part of the path that the route is known to have. */
export function param(call: Call, name: string): string {
  const value = call.params[name];
  if (value === undefined) {
    throw new Error(`The route of ${call.operation} has no parameter ${name}.`);
  }
  return value;
}

/** `maxresults`, within the limit of the operation. */
export function maxResults(call: Call, limit = 1000): number {
  const text = call.query.get('maxresults');
  if (text === undefined) return limit;
  const count = Number(text);
  if (!Number.isInteger(count)) {
    throw invalidQuery('maxresults', text, 'It must be a whole number.');
  }
  if (count < 1 || count > limit) {
    throw new BatchError('OutOfRangeQueryParameterValue', {
      values: [
        { key: 'QueryParameterName', value: 'maxresults' },
        { key: 'QueryParameterValue', value: text },
        { key: 'MinimumAllowed', value: '1' },
        { key: 'MaximumAllowed', value: String(limit) },
      ],
    });
  }
  return count;
}
