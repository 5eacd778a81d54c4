import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { temporaryDirectory } from './running-host.ts';

/** An app that a test writes. */
export interface TemporaryApp {
  path: string;
  write(file: string, text: string): void;
  remove(): void;
}

/** Makes an app's directory with a package.json, a host.json, and this repository's packages. */
export function temporaryApp(main: string): TemporaryApp {
  const { path, remove } = temporaryDirectory();
  const write = (file: string, text: string): void => {
    mkdirSync(dirname(join(path, file)), { recursive: true });
    writeFileSync(join(path, file), text);
  };
  write('package.json', JSON.stringify({ name: 'temporary', type: 'module', main }));
  write('host.json', JSON.stringify({ version: '2.0' }));
  symlinkSync(resolve('node_modules'), join(path, 'node_modules'));
  return { path, write, remove };
}
