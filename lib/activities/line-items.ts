import { download } from '../azure/download.ts';
import { SluiceError } from '../errors.ts';
import { csvReader } from '../plan/csv.ts';
import type { LineFormat } from '../plan/fields/items.ts';
import { bad, createSplitter, type Line } from '../plan/lines.ts';
import type { Input } from '../plan/plan.ts';
import type { Variables } from '../plan/variables.ts';
import type { Unnumbered } from './sources.ts';

/** A blob; in the version that was planned, or, without an ETag, as it is. */
type Source = Pick<Input, 'container' | 'name'> & Partial<Input>;

/** An item per line of the blobs, which are read as streams. Throws `BadInput`. */
export async function* lineItems(
  blobs: Iterable<Source>,
  options: { format: LineFormat; taken: readonly string[] },
): AsyncGenerator<Unnumbered> {
  for (const blob of blobs) yield* linesOf(blob, options);
}

async function* linesOf(
  blob: Source,
  { format, taken }: { format: LineFormat; taken: readonly string[] },
): AsyncGenerator<Unnumbered> {
  const where = `${blob.container}/${blob.name}`;
  const opened = await download(blob);
  if (opened === null || opened === 'changed') throw notThere(where, opened);
  const { etag, size, bytes } = opened;
  const input = { container: blob.container, name: blob.name, etag, size };
  const splitter = createSplitter(format, where);
  const read = readerOf(format, { where, taken });
  const itemOf = (line: Line): Unnumbered[] => {
    const values = read(line);
    const { start, end, text } = line;
    return values ? [{ input, range: { start, end }, line: text, values }] : [];
  };
  for await (const chunk of bytes) {
    for (const line of splitter.push(chunk)) yield* itemOf(line);
  }
  for (const line of splitter.end()) yield* itemOf(line);
}

/** What a line brings besides its text; null for a header. */
function readerOf(
  format: LineFormat,
  options: { where: string; taken: readonly string[] },
): (line: Line) => Variables | null {
  if (format === 'text') return () => ({});
  if (format === 'ndjson') return ({ text, number }) => mustBeJson(text, options.where, number);
  let read: ((line: Line) => Variables) | undefined;
  return (line) => {
    if (read) return read(line);
    read = csvReader(line, options);
    return null;
  };
}

function mustBeJson(text: string, where: string, number: number): Variables {
  try {
    JSON.parse(text);
  } catch (cause) {
    throw bad(where, number, `it is not JSON: ${(cause as Error).message}`);
  }
  return {};
}

/** The error of an input that cannot be read as it was planned. */
export function notThere(where: string, found: 'changed' | null): SluiceError {
  const message = found
    ? `${where} was overwritten before its items were planned; ask for a run over what it is now.`
    : `${where} is not there; upload it and ask for a run again.`;
  return new SluiceError('BadInput', message);
}
