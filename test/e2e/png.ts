import { crc32, deflateSync } from 'node:zlib';

/** A PNG of that many pixels, in squares of colours that run from corner to corner. */
export function png(width: number, height: number): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 2], 8); // eight bits of each of red, green and blue
  const rows = Array.from({ length: height }, (_, y) => {
    const row = Buffer.alloc(1 + 3 * width); // begins with the filter, 0 is none
    for (let x = 0; x < width; x++) {
      row.set([square(x, width), square(y, height), 128], 1 + 3 * x);
    }
    return row;
  });
  return Buffer.concat([
    SIGNATURE,
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(Buffer.concat(rows), { level: 9 })),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

/** Width and height of a PNG, from its header; throws where it is none. */
export function sizeOfPng(bytes: Buffer): [width: number, height: number] {
  if (!bytes.subarray(0, 8).equals(SIGNATURE) || bytes.toString('latin1', 12, 16) !== 'IHDR') {
    throw new Error(`no PNG: ${bytes.subarray(0, 16).toString('hex')}`);
  }
  return [bytes.readUInt32BE(16), bytes.readUInt32BE(20)];
}

const square = (at: number, of: number): number => (255 * (at - (at % 32))) / of;

const SIGNATURE = Buffer.from('89504e470d0a1a0a', 'hex');

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type), data]);
  const frame = Buffer.alloc(4);
  frame.writeUInt32BE(data.length);
  const check = Buffer.alloc(4);
  check.writeUInt32BE(crc32(body));
  return Buffer.concat([frame, body, check]);
}
