import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { containerWords, findEngine, type ContainerSettings } from './container.ts';
import type { TaskDirectories } from './directories.ts';
import { TaskFailure } from './failures.ts';

/** A container that is about to run. */
export interface Container {
  /** What starts it. */
  words: [string, ...string[]];
  /** To be called when what started it has ended; `killed` when it was made to, which the container does not notice. */
  close(killed: boolean): Promise<void>;
}

/** Prepares a program to run in a container of the engine on PATH; throws TaskFailure when there is no engine. */
export function openContainer(
  settings: ContainerSettings,
  words: readonly string[],
  place: { directories: TaskDirectories; environment: Readonly<Record<string, string>> },
): Container {
  const engine = findEngine();
  if (engine === undefined) {
    throw new TaskFailure(
      'ContainerMiscError',
      'There is no container engine that works on this machine',
      {
        Message: 'Put podman, or docker whose daemon runs, on PATH.',
      },
    );
  }
  const name = `batch-${randomUUID()}`;
  const { root, working } = place.directories;
  const { environment } = place;
  const note = join(notesOf(root), name);
  const started = containerWords(settings, words, { engine, name, root, working, environment });
  // A container is no process of its task's: after a crash this file tells of it.
  mkdirSync(notesOf(root), { recursive: true });
  writeFileSync(note, '');
  return {
    words: started,
    async close(killed) {
      if (killed) await removeContainer(engine, name);
      rmSync(note, { force: true });
    },
  };
}

/** Ends the containers that a process before this one left on a node. */
export async function endLeftContainers(root: string): Promise<void> {
  const names = existsSync(notesOf(root)) ? await readdir(notesOf(root)) : [];
  const engine = names.length === 0 ? undefined : findEngine();
  if (engine === undefined) return;
  for (const name of names) {
    await removeContainer(engine, name);
    await rm(join(notesOf(root), name), { force: true });
  }
}

function notesOf(root: string): string {
  return join(root, 'volatile', 'containers');
}

async function removeContainer(engine: string, name: string): Promise<void> {
  await promisify(execFile)(engine, ['rm', '--force', name]).catch((error: unknown) => {
    // Of podman, "rm --force" of what is not there succeeds; docker says that it is not there.
    if (!/no such container/i.test(String(error))) throw error;
  });
}
