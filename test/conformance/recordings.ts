import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RawResponse } from '../local/batch/raw.ts';
import { referenceDir } from './batch-description.ts';

/** One answer of the real service, as it was recorded. */
export interface Recording {
  requestBody: Record<string, unknown>;
  status: number;
  reason: string;
  /** By lower-case name. */
  headers: Record<string, string>;
  body: unknown;
}

/** Reads a recording by its name, such as `GET-pools-200`. */
export function readRecording(name: string): Recording {
  const file = join(referenceDir ?? '', 'contract/batch/real-responses', `${name}.json`);
  const { requestBody, status, headers, body } = JSON.parse(readFileSync(file, 'utf8')) as {
    requestBody: string | null;
    status: { code: number; message: string };
    headers: Record<string, string[]>;
    body: unknown;
  };
  return {
    requestBody: JSON.parse(requestBody ?? '{}') as Record<string, unknown>,
    status: status.code,
    reason: status.message,
    headers: Object.fromEntries(
      Object.entries(headers).map(([key, values]) => [key.toLowerCase(), values.join(', ')]),
    ),
    body,
  };
}

/** Where an answer differs from a recorded one: status, reason, headers, and every field of the body that the real one has. */
export function differences(
  recording: Recording,
  response: RawResponse,
  ignored: readonly string[] = [],
): string[] {
  const found: string[] = [];
  if (response.status !== recording.status) found.push(`status ${response.status}`);
  if (response.reason !== recording.reason) found.push(`reason ${response.reason}`);
  for (const [name, value] of Object.entries(recording.headers)) {
    if (framing.has(name)) continue;
    const ours = response.headers[name];
    if (ours === undefined) found.push(`no header ${name}`);
    else if (constant.has(name) && ours !== value) found.push(`header ${name} ${String(ours)}`);
  }
  for (const name of Object.keys(response.headers)) {
    if (recording.headers[name] === undefined && !framing.has(name)) found.push(`header ${name}`);
  }
  if (recording.body === null) {
    if (response.text !== '') found.push('a body');
  } else found.push(...bodyDifferences(recording.body, response.json, ignored, ''));
  return found;
}

const framing = new Set(['transfer-encoding', 'content-length', 'connection', 'keep-alive']);
const constant = new Set([
  'content-type',
  'dataserviceversion',
  'server',
  'strict-transport-security',
  'x-content-type-options',
]);

function bodyDifferences(
  real: unknown,
  ours: unknown,
  ignored: readonly string[],
  at: string,
): string[] {
  if (ignored.includes(at)) return [];
  if (ours === undefined) return [`${at} is missing`];
  if (Array.isArray(real)) {
    if (!Array.isArray(ours)) return [`${at} is no list`];
    return real.length === 0 ? [] : bodyDifferences(real[0], ours[0], ignored, `${at}[]`);
  }
  if (typeof real === 'object' && real !== null) {
    return Object.entries(real).flatMap(([name, value]) =>
      bodyDifferences(value, Object(ours)[name], ignored, `${at}.${name}`),
    );
  }
  if (shapeOf(real) === shapeOf(ours)) return [];
  return [`${at} is ${String(ours)}, not ${String(real)}`];
}

/** What stays the same of a value from one account, node and moment to another. */
function shapeOf(value: unknown): unknown {
  if (typeof value !== 'string') return value;
  return value
    .replace(/https?:\/\/[^/]+/g, 'URL')
    .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'TIME')
    .replace(/^0x[0-9A-F]{15}$/, 'ETAG')
    .replace(/tvmps_[0-9a-f]{64}_[dp]/g, 'NODE')
    .replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, 'GUID');
}
