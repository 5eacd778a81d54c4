/** Bytes of a blob; `end` is exclusive. */
export interface ByteRange {
  start: number;
  end: number;
}

/** Where a blob of `size` bytes would be cut if lines did not matter. */
export function nominalCuts(size: number, bytes: number): number[] {
  const cuts: number[] = [];
  for (let cut = bytes; cut < size; cut += bytes) cuts.push(cut);
  return cuts;
}

/** How many ranges a blob of `size` bytes makes at most. */
export function countChunks(size: number, bytes: number): number {
  return Math.ceil(size / bytes);
}

/**
 * How far behind a nominal cut the real one is, given the bytes from just before the cut on: after the first line end,
 * which may be the byte before the cut. Null when there is none in `window`.
 */
export function afterLineEnd(window: Uint8Array): number | null {
  const at = window.indexOf(0x0a);
  return at === -1 ? null : at;
}

/** The same where no line ends near by: past the bytes that belong to a character begun before the cut. */
export function afterCharacter(window: Uint8Array): number {
  let at = 1;
  // A character of UTF-8 has at most three bytes of this form; more of them in a row are no text.
  while (at < 4 && at < window.length && isContinuation(window[at] ?? 0)) at++;
  return at - 1;
}

function isContinuation(byte: number): boolean {
  return (byte & 0b1100_0000) === 0b1000_0000;
}

/** The ranges between real cuts, in order; cuts that met leave none between them. */
export function rangesBetween(size: number, cuts: Iterable<number>): ByteRange[] {
  const ranges: ByteRange[] = [];
  let start = 0;
  for (const cut of [...cuts, size]) {
    const end = Math.min(cut, size);
    if (end > start) ranges.push({ start, end });
    start = Math.max(start, end);
  }
  return ranges;
}
