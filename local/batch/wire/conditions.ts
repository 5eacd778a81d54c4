import { BatchError } from './errors.ts';
import { etagOf, type Stamp } from '../time/stamp.ts';
import type { Call } from './call.ts';

/** Whether the conditional headers let a read answer anew; false means 304. Throws ConditionNotMet for If-Match and If-Unmodified-Since. */
export function readAllowed(call: Call, changed: Stamp): boolean {
  requireUnchanged(call, changed);
  return !isUnmodified(call, changed);
}

/** Throws ConditionNotMet when a conditional header forbids the write. */
export function requireCondition(call: Call, changed: Stamp): void {
  requireUnchanged(call, changed);
  if (isUnmodified(call, changed)) throw new BatchError('ConditionNotMet');
}

function requireUnchanged(call: Call, changed: Stamp): void {
  const match = call.headers['if-match'];
  if (match !== undefined && !names(match, changed)) throw new BatchError('ConditionNotMet');
  const since = headerTime(call, 'if-unmodified-since');
  if (since !== undefined && seconds(changed) > since) throw new BatchError('ConditionNotMet');
}

function isUnmodified(call: Call, changed: Stamp): boolean {
  const noneMatch = call.headers['if-none-match'];
  if (noneMatch !== undefined && names(noneMatch, changed)) return true;
  const since = headerTime(call, 'if-modified-since');
  return since !== undefined && seconds(changed) <= since;
}

function names(header: string, changed: Stamp): boolean {
  const etag = etagOf(changed);
  return header.split(',').some((part) => {
    const plain = part.trim().replace(/^"|"$/g, '');
    return plain === '*' || plain === etag;
  });
}

function headerTime(
  call: Call,
  name: 'if-modified-since' | 'if-unmodified-since',
): number | undefined {
  const text = call.headers[name];
  if (text === undefined) return undefined;
  const time = Date.parse(text);
  if (Number.isNaN(time)) {
    throw new BatchError('InvalidHeaderValue', {
      values: [
        { key: 'HeaderName', value: name },
        { key: 'HeaderValue', value: text },
      ],
    });
  }
  return time / 1000;
}

function seconds(stamp: Stamp): number {
  return Math.floor(stamp / 1_000_000);
}
