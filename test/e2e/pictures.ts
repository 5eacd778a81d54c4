import { crc32, deflateSync } from 'node:zlib';

/** A PNG of a size in pixels: a colour that runs from one corner to the other, chosen by `hue` from 0 to 2. */
export function picture(width: number, height: number, hue: number): Buffer {
  const rows = Buffer.alloc(height * (1 + width * 3));
  for (let y = 0; y < height; y++) {
    const start = y * (1 + width * 3);
    // Each row as its difference from the one above, which packs well.
    rows[start] = UP;
    for (let x = 0; x < width; x++) {
      const at = start + 1 + x * 3;
      rows[at + hue] = y === 0 ? Math.floor((255 * x) / width) : 0;
      rows[at + ((hue + 1) % 3)] = shade(y, height) - shade(y - 1, height);
      rows[at + ((hue + 2) % 3)] = y === 0 ? 96 : 0;
    }
  }
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 2, 0, 0, 0], 8);
  return Buffer.concat([
    SIGNATURE,
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(rows)),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

/** Width and height in pixels, from the header of a PNG. */
export function sizeOf(png: Buffer): [width: number, height: number] {
  if (!png.subarray(0, 8).equals(SIGNATURE)) throw new Error('not a PNG');
  return [png.readUInt32BE(16), png.readUInt32BE(20)];
}

const UP = 2;
const shade = (y: number, height: number) => (y < 0 ? 0 : Math.floor((255 * y) / height));

const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const whole = Buffer.alloc(body.length + 8);
  whole.writeUInt32BE(data.length, 0);
  body.copy(whole, 4);
  whole.writeUInt32BE(crc32(body), body.length + 4);
  return whole;
}
