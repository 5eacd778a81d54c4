import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, open, type FileHandle } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { crc32, createInflateRaw } from 'node:zlib';

/** A zip file that cannot be unpacked, or must not be. */
export class ZipError extends Error {
  override readonly name = 'ZipError';
}

/**
 * Unpacks a zip file into a directory that is new. Only plain files and directories are ever made, and only below it: a
 * name that leads elsewhere, a link, an encrypted file or a checksum that is wrong makes it throw ZipError.
 */
export async function unzip(archive: string, target: string): Promise<void> {
  const file = await open(archive, 'r');
  try {
    const entries = await readDirectory(file);
    // All names are judged before the first file is made.
    const planned = entries.map((entry) => ({ entry, path: join(target, innerName(entry)) }));
    await mkdir(target, { recursive: true });
    for (const { entry, path } of planned) {
      if (entry.name.endsWith('/')) await mkdir(path, { recursive: true });
      else await extract(archive, file, { entry, path });
    }
  } finally {
    await file.close();
  }
}

/** A member of the archive as its central directory tells. */
interface Entry {
  name: string;
  /** 0 is stored, 8 deflated. */
  method: number;
  encrypted: boolean;
  crc: number;
  packed: number;
  size: number;
  offset: number;
  /** Unix mode, 0 when the archive was made elsewhere. */
  mode: number;
}

async function readDirectory(file: FileHandle): Promise<Entry[]> {
  const { size } = await file.stat();
  const tail = await read(file, Math.max(0, size - 65_557), Math.min(size, 65_557));
  const end = tail.lastIndexOf(Buffer.from('PK\x05\x06', 'latin1'));
  if (end < 0 || end + 22 > tail.length) throw new ZipError('It is not a zip file.');
  let count = tail.readUInt16LE(end + 10);
  let length = tail.readUInt32LE(end + 12);
  let start = tail.readUInt32LE(end + 16);
  if (start === 0xffffffff || count === 0xffff || length === 0xffffffff) {
    ({ count, length, start } = await readZip64End(file, tail, end));
  }
  const entries: Entry[] = [];
  const directory = await read(file, start, length);
  for (let at = 0; entries.length < count;) {
    const { entry, next } = readEntry(directory, at);
    entries.push(entry);
    at = next;
  }
  return entries;
}

async function readZip64End(file: FileHandle, tail: Buffer, end: number) {
  if (end < 20 || tail.readUInt32LE(end - 20) !== 0x07064b50) throw broken();
  const record = await read(file, Number(tail.readBigUInt64LE(end - 12)), 56);
  if (record.readUInt32LE(0) !== 0x06064b50) throw broken();
  return {
    count: Number(record.readBigUInt64LE(32)),
    length: Number(record.readBigUInt64LE(40)),
    start: Number(record.readBigUInt64LE(48)),
  };
}

function readEntry(directory: Buffer, at: number): { entry: Entry; next: number } {
  if (at + 46 > directory.length || directory.readUInt32LE(at) !== 0x02014b50) throw broken();
  const nameLength = directory.readUInt16LE(at + 28);
  const extraLength = directory.readUInt16LE(at + 30);
  const extraAt = at + 46 + nameLength;
  const unix = directory[at + 5] === 3;
  const entry: Entry = {
    name: directory.toString('utf8', at + 46, extraAt).replaceAll('\\', '/'),
    method: directory.readUInt16LE(at + 10),
    encrypted: (directory.readUInt16LE(at + 8) & 1) === 1,
    crc: directory.readUInt32LE(at + 16),
    packed: directory.readUInt32LE(at + 20),
    size: directory.readUInt32LE(at + 24),
    offset: directory.readUInt32LE(at + 42),
    mode: unix ? directory.readUInt16LE(at + 40) : 0,
  };
  readZip64Sizes(entry, directory.subarray(extraAt, extraAt + extraLength));
  return { entry, next: extraAt + extraLength + directory.readUInt16LE(at + 32) };
}

function readZip64Sizes(entry: Entry, extra: Buffer): void {
  for (let at = 0; at + 4 <= extra.length; at += 4 + extra.readUInt16LE(at + 2)) {
    if (extra.readUInt16LE(at) !== 1) continue;
    let field = at + 4;
    for (const name of ['size', 'packed', 'offset'] as const) {
      if (entry[name] !== 0xffffffff) continue;
      entry[name] = Number(extra.readBigUInt64LE(field));
      field += 8;
    }
  }
}

function innerName(entry: Entry): string {
  const { name, mode } = entry;
  const outside = name.startsWith('/') || /^[A-Za-z]:/.test(name) || name.split('/').includes('..');
  if (name === '' || name.includes('\0') || outside) {
    throw new ZipError(`Its member ${JSON.stringify(name)} would lie outside the package.`);
  }
  const kind = mode & 0o170000;
  if (kind !== 0 && kind !== 0o100000 && kind !== 0o040000) {
    throw new ZipError(
      `Its member ${JSON.stringify(name)} is a link or a device, which is not unpacked.`,
    );
  }
  if (entry.encrypted) throw new ZipError(`Its member ${JSON.stringify(name)} is encrypted.`);
  if (entry.method !== 0 && entry.method !== 8) {
    throw new ZipError(
      `Its member ${JSON.stringify(name)} is compressed in a way that is not known (${entry.method}).`,
    );
  }
  return name;
}

async function extract(
  archive: string,
  file: FileHandle,
  { entry, path }: { entry: Entry; path: string },
): Promise<void> {
  const header = await read(file, entry.offset, 30);
  if (header.readUInt32LE(0) !== 0x04034b50) throw broken();
  const start = entry.offset + 30 + header.readUInt16LE(26) + header.readUInt16LE(28);
  await mkdir(dirname(path), { recursive: true });
  // Never through something that is there already; what was executable stays so.
  const output = createWriteStream(path, { flags: 'wx', mode: (entry.mode & 0o777) | 0o600 });
  const check = checksum(entry);
  if (entry.packed === 0) {
    await pipeline([], check, output);
    return;
  }
  const input = createReadStream(archive, { start, end: start + entry.packed - 1 });
  if (entry.method === 0) await pipeline(input, check, output);
  else await pipeline(input, createInflateRaw(), check, output);
}

function checksum(entry: Entry): Transform {
  let value = 0;
  let size = 0;
  return new Transform({
    transform(chunk: Buffer, _, done) {
      value = crc32(chunk, value);
      size += chunk.length;
      // No member grows beyond what the directory says: that bounds what a small archive can write.
      done(size > entry.size ? broken() : null, chunk);
    },
    flush: (done) => done(value === entry.crc && size === entry.size ? null : broken()),
  });
}

async function read(file: FileHandle, start: number, length: number): Promise<Buffer> {
  const buffer = Buffer.alloc(length);
  const { bytesRead } = await file.read(buffer, 0, length, start);
  if (bytesRead < length) throw broken();
  return buffer;
}

function broken(): ZipError {
  return new ZipError('It is damaged.');
}
