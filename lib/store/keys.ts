import { create, readJson } from '../azure/blobs.ts';
import { controlContainer } from '../azure/storage.ts';
import { SluiceError } from '../errors.ts';
import { sha256 } from '../plan/ids.ts';

/** `keys/{pipeline}/{hash of the key}`: which run a key stands for, and what was asked with it. */
export interface Key {
  run: string;
  /** ISO 8601. */
  at: string;
  /** Hash of the request. */
  request: string;
}

/** What a key stands for; null while nobody has taken it. */
export async function findKey(pipeline: string, key: string): Promise<Key | null> {
  return (await readJson<Key>(await controlContainer(), keyName(pipeline, key)))?.value ?? null;
}

/** Takes a key for a run, first wins; returns the one that stands. */
export async function takeKey(pipeline: string, key: string, wanted: Key): Promise<Key> {
  const control = await controlContainer();
  const name = keyName(pipeline, key);
  if (await create(control, name, JSON.stringify(wanted))) return wanted;
  const found = await readJson<Key>(control, name);
  if (!found) throw new SluiceError('CorruptRecord', `${name} was there and is gone.`);
  return found.value;
}

const keyName = (pipeline: string, key: string): string => `keys/${pipeline}/${sha256(key)}.json`;
