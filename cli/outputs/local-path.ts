import { createHash } from 'node:crypto';

/** Most bytes of a file's name on the usual file systems, less what a suffix while it is written takes. */
const LONGEST = 240;

/**
 * Where an output goes below a folder, as parts of a path: what would lead out of the folder, hide, or cannot be a
 * file's name is written as %XX. Parts are never empty, `.`, `..` or too long.
 */
export function localPath(item: string, name: string): string[] {
  return [item, ...name.split('/')].map(safePart);
}

function safePart(part: string): string {
  if (part === '' || part === '.' || part === '..') return encode(part) || '%';
  const safe = part.replaceAll(/[\p{Cc}\\:*?"<>|]|^[.~-]/gu, encode);
  if (Buffer.byteLength(safe) <= LONGEST) return safe;
  const hash = createHash('sha256').update(part).digest('hex').slice(0, 16);
  return `${cut(safe, LONGEST - hash.length - 1)}~${hash}`;
}

function encode(text: string): string {
  return [...Buffer.from(text)].map((byte) => `%${hex(byte)}`).join('');
}

function hex(byte: number): string {
  return byte.toString(16).toUpperCase().padStart(2, '0');
}

/** As much of the start as fits, cut between characters. */
function cut(text: string, bytes: number): string {
  let kept = '';
  let size = 0;
  for (const char of text) {
    size += Buffer.byteLength(char);
    if (size > bytes) break;
    kept += char;
  }
  return kept;
}
