import { existsSync, globSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { extname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { HostError, messageOf } from './errors.ts';
import type { Registry } from './registry.ts';

/** Where an app lies, and which of its files to load when not those its package.json names. */
export interface AppLocation {
  directory: string;
  functions?: string | undefined;
}

/** Loads every file of an app in order, runs its appStart hooks and locks registration. */
export async function loadApp(
  registry: Registry,
  location: AppLocation,
): Promise<{ streamUrl: string | undefined }> {
  const manifest = readManifest(location);
  for (const file of filesOf(location, manifest)) {
    await loadFile(file, { location, isModulePackage: manifest.type === 'module' });
  }
  await registry.hooks.run('appStart', {
    hookData: {},
    appHookData: registry.hooks.appHookData,
    functionAppDirectory: location.directory,
  });
  requireFunctions(registry, location);
  const capabilities = (await registry.model()?.getCapabilities?.({ ...workerCapabilities })) ?? {};
  registry.lock();
  return { streamUrl: capabilities['HttpUri'] };
}

interface Manifest {
  main?: string;
  type?: string;
}

function readManifest({ directory, functions }: AppLocation): Manifest {
  const path = join(directory, 'package.json');
  if (!existsSync(path)) {
    throw new HostError(
      `No package.json in ${directory}: a Functions app needs one whose "main" names its files.`,
    );
  }
  try {
    const manifest = JSON.parse(readFileSync(path, 'utf8')) as Manifest;
    if (manifest.main !== undefined || functions !== undefined) return manifest;
  } catch (cause) {
    throw new HostError(`${path} is not valid JSON: ${messageOf(cause)}`);
  }
  throw new HostError(
    `${path} has no "main". Name the files that register functions there, ` +
      'such as "main": "src/functions/*.js", or pass --functions GLOB.',
  );
}

function filesOf({ directory, functions }: AppLocation, { main }: Manifest): string[] {
  const pattern = functions ?? main ?? '';
  const files = globSync(pattern, { cwd: directory, exclude: ['**/node_modules/**'] }).toSorted();
  if (files.length > 0) return files.map((file) => resolve(directory, file));
  const isBuilt = existsSync(join(directory, 'tsconfig.json'));
  const advice = isBuilt
    ? 'Build the app first (npm run build)'
    : 'Correct "main" in its package.json';
  throw new HostError(
    `Found zero files matching "${pattern}" in ${directory}. ${advice}, or pass --functions GLOB.`,
  );
}

async function loadFile(
  file: string,
  { location, isModulePackage }: { location: AppLocation; isModulePackage: boolean },
): Promise<void> {
  const extension = extname(file);
  const asModule =
    ['.mjs', '.ts', '.mts'].includes(extension) || (isModulePackage && extension !== '.cjs');
  try {
    if (asModule) await import(pathToFileURL(file).href);
    else createRequire(file)(file);
  } catch (cause) {
    if (cause instanceof HostError) throw cause;
    throw new HostError(`Could not load ${file} of the app.${adviceFor(cause, location)}`, {
      cause,
    });
  }
}

function adviceFor(cause: unknown, { directory }: AppLocation): string {
  const text = messageOf(cause);
  const missing = /Cannot find (?:package|module) '([^'./][^']*)'/.exec(text)?.[1];
  if (missing) return ` It needs ${missing}: run npm install in ${directory}.`;
  if (/does not provide an export named/.test(text)) {
    return ' Import what is only a type with "import type", or build the app and load what was built.';
  }
  return '';
}

function requireFunctions(registry: Registry, { directory }: AppLocation): void {
  if (registry.functions.size > 0) return;
  const isOldModel = globSync('*/function.json', { cwd: directory }).length > 0;
  throw new HostError(
    `The app in ${directory} registered no function. ` +
      (isOldModel
        ? 'It has function.json files: that is programming model v3, and this host runs v4.'
        : 'Check that the files it loads call app.http(), app.timer() and the like from @azure/functions 4.'),
  );
}

/** What the Node worker 3.9.1 says it can do. */
const workerCapabilities = {
  RawHttpBodyBytes: 'true',
  RpcHttpTriggerMetadataRemoved: 'true',
  RpcHttpBodyOnly: 'true',
  IgnoreEmptyValuedRpcHttpHeaders: 'true',
  UseNullableValueDictionaryForHttp: 'true',
  WorkerStatus: 'true',
  TypedDataCollection: 'true',
  HandlesWorkerTerminateMessage: 'true',
};
