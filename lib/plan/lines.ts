import { SluiceError } from '../errors.ts';
import type { LineFormat } from './fields/items.ts';

/** Bytes that a line or record may have; its text travels with its task, and a request to Batch holds less than 1 MB. */
export const LONGEST_LINE = 16 * 1024;

/** A line of a blob: its text without the line end, its bytes in the blob (`end` exclusive, with the line end), and its number from 1. */
export interface Line {
  text: string;
  start: number;
  end: number;
  number: number;
}

type Decoder = InstanceType<typeof TextDecoder>;

const LINE_FEED = 0x0a;
const RETURN = 0x0d;
const QUOTE = 0x22;

/** Cuts bytes into lines as they come. `where` names the blob in errors. Throws `BadInput`. */
export interface LineSplitter {
  push(bytes: Buffer): Line[];
  /** What is left when there are no more bytes. */
  end(): Line[];
}

/**
 * A splitter of text into lines, or of CSV into records, which may have line breaks inside of quotes. Ends are LF or
 * CRLF; a byte order mark is dropped, and blank lines are no lines.
 */
export function createSplitter(format: LineFormat, where: string): LineSplitter {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  let held: Buffer[] = [];
  let heldBytes = 0;
  let offset = 0;
  let number = 1;
  let breaks = 0;
  let inQuotes = false;

  /** The line that is held, which ends at `offset`. */
  const take = (): Line[] => {
    const bytes = held.length === 1 ? (held[0] ?? Buffer.alloc(0)) : Buffer.concat(held);
    const start = offset - heldBytes;
    const line = { start, end: offset, number };
    held = [];
    heldBytes = 0;
    number += breaks;
    breaks = 0;
    const content = start === 0 ? withoutMark(bytes) : bytes;
    const text = decode(decoder, withoutEnd(content), { where, number: line.number });
    return text.trim() === '' ? [] : [{ text, ...line }];
  };
  const hold = (bytes: Buffer): void => {
    if (bytes.length === 0) return;
    held.push(bytes);
    heldBytes += bytes.length;
    offset += bytes.length;
    if (heldBytes > LONGEST_LINE) throw tooLong(where, number, inQuotes);
  };
  return {
    push: (bytes) => {
      const lines: Line[] = [];
      let from = 0;
      for (let at = nextEnd(bytes, 0); at !== -1; at = nextEnd(bytes, at + 1)) {
        breaks++;
        if (format === 'csv' && isOpen(bytes.subarray(from, at), inQuotes)) {
          inQuotes = true;
          hold(bytes.subarray(from, at + 1));
        } else {
          inQuotes = false;
          hold(bytes.subarray(from, at + 1));
          lines.push(...take());
        }
        from = at + 1;
      }
      const rest = bytes.subarray(from);
      if (format === 'csv') inQuotes = isOpen(rest, inQuotes);
      hold(rest);
      return lines;
    },
    end: () => {
      if (inQuotes) throw bad(where, number, 'a quote is opened and never closed');
      return heldBytes === 0 ? [] : take();
    },
  };
}

const nextEnd = (bytes: Buffer, from: number): number => bytes.indexOf(LINE_FEED, from);

/** A doubled quote inside of quotes closes and opens them, which comes to the same. */
function isOpen(bytes: Buffer, wasOpen: boolean): boolean {
  let open = wasOpen;
  for (let at = bytes.indexOf(QUOTE); at !== -1; at = bytes.indexOf(QUOTE, at + 1)) open = !open;
  return open;
}

function withoutMark(bytes: Buffer): Buffer {
  return bytes.subarray(0, 3).equals(Buffer.from([0xef, 0xbb, 0xbf])) ? bytes.subarray(3) : bytes;
}

function withoutEnd(bytes: Buffer): Buffer {
  if (bytes.at(-1) !== LINE_FEED) return bytes;
  return bytes.subarray(0, bytes.at(-2) === RETURN ? -2 : -1);
}

function decode(
  decoder: Pick<Decoder, 'decode'>,
  bytes: Buffer,
  { where, number }: { where: string; number: number },
): string {
  if (bytes.includes(0)) throw bad(where, number, 'it has a null character, so this is no text');
  try {
    return decoder.decode(bytes);
  } catch {
    const fix = 'convert it, such as with iconv -t UTF-8, or use chunks';
    throw bad(where, number, `it is not UTF-8; ${fix}`);
  }
}

function tooLong(where: string, number: number, inQuotes: boolean): SluiceError {
  const quote = inQuotes ? ' (a quote is open, and is perhaps never closed)' : '';
  const fix = 'Use chunks, or a blob for each piece';
  return bad(where, number, `it is longer than ${LONGEST_LINE} bytes${quote}. ${fix}`);
}

/** The error of a line that cannot be an item. */
export function bad(where: string, number: number, what: string): SluiceError {
  return new SluiceError('BadInput', `${where}, line ${number}: ${what}.`);
}
