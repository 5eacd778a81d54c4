import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { join } from 'node:path';
import { splitCommandLine } from './command-line.ts';
import { TaskFailure } from './failures.ts';

/** The container that a task's program runs in. */
export interface ContainerSettings {
  imageName: string;
  containerRunOptions?: string;
  workingDirectory?: 'taskWorkingDirectory' | 'containerImageDefault';
}

/** Where a container runs and what it sees. */
export interface ContainerPlace {
  engine: string;
  /** A name that no other container has. */
  name: string;
  root: string;
  working: string;
  environment: Readonly<Record<string, string>>;
}

/** The container engine on PATH that works: docker, or else podman; undefined when none does. */
export function findEngine(path = process.env.PATH ?? ''): string | undefined {
  const candidates = ['docker', 'podman'].flatMap((name) =>
    path.split(':').map((directory) => join(directory, name)),
  );
  return candidates.find((engine) => isExecutable(engine) && works(engine));
}

// One that worked is not asked again: it is looked for with every task.
const working = new Set<string>();

/** Whether an engine answers: the client of docker is often installed where its daemon does not run. */
function works(engine: string): boolean {
  if (working.has(engine)) return true;
  const { status } = spawnSync(engine, ['version'], { stdio: 'ignore', timeout: 10_000 });
  if (status === 0) working.add(engine);
  return status === 0;
}

/**
 * The words that run a program in a container: the node's root is there under the same path, the variables are passed by
 * name only, so that no value stands on a command line.
 */
export function containerWords(
  settings: ContainerSettings,
  words: readonly string[],
  place: ContainerPlace,
): [string, ...string[]] {
  const inImage = settings.workingDirectory?.toLowerCase() === 'containerimagedefault';
  const names = Object.keys(place.environment).filter((name) => !ofMachine.has(name));
  return [
    place.engine,
    'run',
    '--rm',
    '--name',
    place.name,
    '--volume',
    `${place.root}:${place.root}`,
    ...(inImage ? [] : ['--workdir', place.working]),
    ...names.flatMap((name) => ['--env', name]),
    ...runOptions(settings.containerRunOptions),
    settings.imageName,
    ...words,
  ];
}

/** The failure of a task whose container the engine could not run, by the engine's exit code. */
export function containerFailure(
  settings: ContainerSettings,
  exitCode: number,
  message: string,
): TaskFailure | undefined {
  // 125 is the engine's own: the container was not made.
  if (exitCode !== 125) return undefined;
  const noImage = noSuchImage.test(message);
  return new TaskFailure(
    noImage ? 'ContainerInvalidImage' : 'ContainerMiscError',
    noImage ? 'The container image cannot be had' : 'The container could not be run',
    { ImageName: settings.imageName, Message: message.slice(0, 2000) },
  );
}

// As docker says it, then podman, which looks for any image that is not here in a registry.
const noSuchImage =
  /unable to find image|pull access denied|manifest unknown|not found|initializing source|short-name/i;

// What belongs to this machine and means nothing inside an image.
const ofMachine = new Set(['PATH', 'HOME', 'USER', 'LOGNAME', 'TMPDIR']);

function runOptions(text = ''): string[] {
  const words = splitCommandLine(text);
  if (words !== undefined || text.trim() === '') return words ?? [];
  throw new TaskFailure('ContainerInvalidSettings', 'containerRunOptions cannot be split', {
    ContainerRunOptions: text,
    Message: 'A quote is not closed.',
  });
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
