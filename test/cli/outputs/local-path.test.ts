import * as fc from 'fast-check';
import { join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { localPath } from '../../../cli/outputs/local-path.ts';

describe('where an output goes', () => {
  test.each([
    ['words.txt', 'words.txt'],
    ['pages/page 1.png', 'pages/page 1.png'],
    ['100%.txt', '100%.txt'],
    ['😀 ümlaut', '😀 ümlaut'],
    ['../../etc/passwd', '%2E%2E/%2E%2E/etc/passwd'],
    ['/etc/passwd', '%/etc/passwd'],
    ['a//b/./c', 'a/%/b/%2E/c'],
    ['.bashrc', '%2Ebashrc'],
    ['-rf', '%2Drf'],
    ['~/x', '%7E/x'],
    ['..\\..\\x', '%2E.%5C..%5Cx'],
    ['line\nbreak\u001b[2J', 'line%0Abreak%1B[2J'],
  ])('%j goes to %j', (name, path) => {
    expect(localPath('000001', name).join('/')).toBe(`000001/${path}`);
  });

  test('a name too long for a file system is cut, and stays its own', () => {
    const [, long = ''] = localPath('1', `${'ü'.repeat(500)}a`);
    const [, other = ''] = localPath('1', `${'ü'.repeat(500)}b`);
    expect(Buffer.byteLength(long)).toBeLessThanOrEqual(240);
    expect(long).not.toBe(other);
  });

  test('is below the folder, whatever the name', () => {
    const part = fc.oneof(
      fc.constantFrom('..', '.', '', '/', '\\', '../..', 'C:', '~', '\0'),
      fc.string({ unit: 'binary', maxLength: 300 }),
    );
    fc.assert(
      fc.property(fc.array(part, { minLength: 1, maxLength: 8 }), (parts) => {
        const root = '/downloads/here';
        const path = resolve(join(root, ...localPath('000001', parts.join('/'))));
        expect(path.startsWith(`${root}/000001/`)).toBe(true);
        expect(path).not.toMatch(/\p{Cc}/u);
      }),
    );
  });
});
