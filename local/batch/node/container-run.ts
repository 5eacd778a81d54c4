import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { promisify } from 'node:util';
import { containerWords, findEngine, type ContainerSettings } from './container.ts';
import type { TaskDirectories } from './directories.ts';
import { TaskFailure } from './failures.ts';

/** A container that is about to run. */
export interface Container {
  /** What starts it. */
  words: [string, ...string[]];
  /** Ends it, whether it runs or not. */
  kill(): Promise<void>;
}

/** Prepares a program to run in a container of the engine on PATH; throws TaskFailure when there is no engine. */
export function openContainer(
  settings: ContainerSettings,
  words: readonly string[],
  place: { directories: TaskDirectories; environment: Readonly<Record<string, string>> },
): Container {
  const engine = findEngine();
  if (engine === undefined) {
    throw new TaskFailure('ContainerMiscError', 'There is no container engine on this machine', {
      Message: 'Install docker or podman and put it on PATH.',
    });
  }
  const name = `batch-${randomUUID()}`;
  const { root, working } = place.directories;
  const { environment } = place;
  return {
    words: containerWords(settings, words, { engine, name, root, working, environment }),
    async kill() {
      // Of podman, "rm --force" of what is not there succeeds; of docker it fails, and says that it is not there.
      await promisify(execFile)(engine, ['rm', '--force', name]).catch((error: unknown) => {
        if (!/no such container/i.test(String(error))) throw error;
      });
    },
  };
}
