import { download } from '../azure/download.ts';
import { SluiceError } from '../errors.ts';
import {
  afterCharacter,
  afterLineEnd,
  countChunks,
  nominalCuts,
  rangesBetween,
} from '../plan/chunks.ts';
import { MOST_ITEMS } from '../plan/fields/items.ts';
import type { Input } from '../plan/plan.ts';
import { eachLimited } from '../store/concurrency.ts';
import { notThere } from './line-items.ts';
import type { Unnumbered } from './sources.ts';

/** Bytes behind a cut that are looked through for a line end, at first and then. */
const WINDOWS = [16 * 1024, 1024 * 1024];
const IN_FLIGHT = 16;

/** Items of some `bytes` each; of the blobs, only what lies around the cuts is read. Throws `BadInput`. */
export async function* chunkItems(
  blobs: Iterable<Input>,
  bytes: number,
): AsyncGenerator<Unnumbered> {
  for (const input of blobs) {
    if (countChunks(input.size, bytes) > MOST_ITEMS) {
      const message = `${input.container}/${input.name} would make more than ${MOST_ITEMS} chunks; raise tasks.chunks.bytes.`;
      throw new SluiceError('BadInput', message);
    }
    const cuts = nominalCuts(input.size, bytes);
    const real = new Map<number, number>();
    await eachLimited(cuts, IN_FLIGHT, async (cut) => {
      real.set(cut, await realCut(input, cut));
    });
    const ends = cuts.map((cut) => real.get(cut) ?? cut);
    for (const range of rangesBetween(input.size, ends)) yield { input, range };
  }
}

async function realCut(input: Input, cut: number): Promise<number> {
  let window = Buffer.alloc(0);
  for (const length of WINDOWS) {
    const end = Math.min(cut + length, input.size);
    window = await bytesOf(input, { start: cut - 1, end });
    const behind = afterLineEnd(window);
    if (behind !== null) return cut + behind;
    if (end === input.size) break;
  }
  return cut + afterCharacter(window);
}

async function bytesOf(
  input: Input,
  range: { start: number; end: number },
): Promise<Buffer<ArrayBuffer>> {
  const opened = await download(input, range);
  if (opened === null || opened === 'changed') {
    throw notThere(`${input.container}/${input.name}`, opened);
  }
  const chunks: Buffer[] = [];
  for await (const chunk of opened.bytes) chunks.push(chunk);
  return Buffer.concat(chunks);
}
