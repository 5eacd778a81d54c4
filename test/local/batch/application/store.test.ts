import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openApplicationStore } from '../../../../local/batch/application/store.ts';
import { openDatabase } from '../../../../local/batch/store/database.ts';

test('applications and their packages are kept, found by any case, and deleted with their bytes', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'applications-'));
  let db = openDatabase(directory, { failed: unexpected });
  let store = openApplicationStore(db, directory);
  store.putApplication('Blender', { displayName: 'A renderer' });
  store.add('Blender', '4.2', 1);
  store.add('Blender', '4.1', 2);
  await writeFile(store.path('Blender', '4.2'), 'zip');
  expect(store.get('blender', '4.2')).toMatchObject({ state: 'pending', format: undefined });
  expect(store.activate('blender', '4.2', { format: 'zip', now: 3 })).toMatchObject({
    state: 'active',
  });
  expect(store.activate('blender', '9', { format: 'zip', now: 3 })).toBeUndefined();
  expect(store.get('blender')).toBeUndefined();
  store.putApplication('blender', { defaultVersion: '4.2' });
  db.close();

  db = openDatabase(directory, { failed: unexpected });
  store = openApplicationStore(db, directory);
  expect(store.listApplications()).toEqual([
    { id: 'Blender', displayName: 'A renderer', allowUpdates: true, defaultVersion: '4.2' },
  ]);
  expect(store.get('BLENDER')).toMatchObject({ version: '4.2', state: 'active', format: 'zip' });
  expect(store.list('Blender').map((one) => one.version)).toEqual(['4.1', '4.2']);
  store.deleteApplication('Blender');
  expect(store.getApplication('Blender')).toBeUndefined();
  expect(store.list('Blender')).toEqual([]);
  expect(existsSync(store.path('Blender', '4.2'))).toBe(false);
  db.close();
  await rm(directory, { recursive: true, force: true });
});

test('names that would lead elsewhere are refused', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'applications-'));
  const db = openDatabase(directory, { failed: unexpected });
  const store = openApplicationStore(db, directory);
  expect(() => store.putApplication('../x', {})).toThrow('cannot be the id');
  expect(() => store.add('x', '..', 1)).toThrow('cannot be the version');
  expect(() => store.add('x', 'a/b', 1)).toThrow('cannot be the version');
  db.close();
  await rm(directory, { recursive: true, force: true });
});

function unexpected(error: Error): never {
  throw error;
}
