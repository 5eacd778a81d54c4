import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
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
  const { root, task, working } = place.directories;
  const name = containerName(task);
  const { environment } = place;
  return {
    words: containerWords(settings, words, { engine, name, root, working, environment }),
    kill: () => removeContainer(engine, name),
  };
}

/** Ends the container of a task that a process before this one began; there may be none. */
export async function endContainer(taskDirectory: string): Promise<void> {
  const engine = findEngine();
  if (engine !== undefined) await removeContainer(engine, containerName(taskDirectory));
}

/** The same for each run of a task on a node, so that a container can be found after a crash. */
function containerName(taskDirectory: string): string {
  return `batch-${createHash('sha256').update(taskDirectory).digest('hex').slice(0, 32)}`;
}

async function removeContainer(engine: string, name: string): Promise<void> {
  await promisify(execFile)(engine, ['rm', '--force', name]).catch((error: unknown) => {
    // Of podman, "rm --force" of what is not there succeeds; docker says that it is not there.
    if (!/no such container/i.test(String(error))) throw error;
  });
}
