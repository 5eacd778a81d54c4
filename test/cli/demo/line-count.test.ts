import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, expect, test } from 'vitest';
import { countLines } from '../../../cli/demo/line-count.ts';

const folder = mkdtempSync(join(tmpdir(), 'sluice-lines-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function gzipped(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, gzipSync(text));
  return path;
}

test('lines are counted file by file, so a last line without its line break is one', async () => {
  const paths = [
    gzipped('open end', 'a\nb'),
    gzipped("it's $(quoted)", 'c\n'),
    gzipped('empty', ''),
  ];
  expect(await countLines(paths)).toBe(3);
});
