import { BatchError } from '../wire/errors.ts';

/** A part of a file. */
export interface Range {
  start: number;
  /** Number of bytes. */
  length: number;
}

/** The bytes that an ocp-range (or Range) header asks for, `bytes=a-b`, `bytes=a-` or `bytes=-n`; throws InvalidRange. */
export function readRange(header: string | undefined, size: number): Range {
  if (header === undefined) return { start: 0, length: size };
  const match = /^bytes=(\d*)-(\d*)$/i.exec(header.trim());
  const [first = '', last = ''] = match?.slice(1) ?? [];
  if (first === '' && last === '') throw invalid(header, 'It must be bytes=FIRST-LAST.');
  const start = first === '' ? Math.max(0, size - Number(last)) : Number(first);
  const end = first === '' || last === '' ? size - 1 : Math.min(Number(last), size - 1);
  if (first !== '' && last !== '' && Number(last) < Number(first)) {
    throw invalid(header, 'It ends before it begins.');
  }
  if (start >= size) throw invalid(header, `The file has ${size} bytes.`);
  return { start, length: end - start + 1 };
}

function invalid(header: string, reason: string): BatchError {
  return new BatchError('InvalidRange', {
    values: [
      { key: 'HeaderName', value: 'ocp-range' },
      { key: 'HeaderValue', value: header },
      { key: 'Reason', value: reason },
    ],
  });
}
