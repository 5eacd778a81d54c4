import { existsSync, globSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { extname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { HostError } from './errors.ts';
import type { Registry } from './registry.ts';

/** Where an app lies, and which of its files to load when not those its package.json names. */
export interface AppLocation {
  directory: string;
  functions?: string | undefined;
}

/** Loads every file of an app in order, runs its appStart hooks and locks registration. */
export async function loadApp(registry: Registry, location: AppLocation): Promise<void> {
  const manifest = readManifest(location.directory);
  const pattern = location.functions ?? manifest.main;
  for (const file of filesOf(location.directory, pattern)) {
    await loadFile(file, manifest.type === 'module');
  }
  await registry.hooks.run('appStart', {
    hookData: {},
    appHookData: registry.hooks.appHookData,
    functionAppDirectory: location.directory,
  });
  await refuseStreaming(registry);
  registry.lock();
}

function readManifest(directory: string): { main: string; type?: string } {
  const path = join(directory, 'package.json');
  if (!existsSync(path)) {
    throw new HostError(`No package.json in ${directory}: a Functions app needs one with "main".`);
  }
  return { main: 'index.js', ...JSON.parse(readFileSync(path, 'utf8')) };
}

function filesOf(directory: string, pattern: string): string[] {
  const files = globSync(pattern, { cwd: directory, exclude: ['**/node_modules/**'] }).toSorted();
  if (files.length > 0) return files.map((file) => resolve(directory, file));
  throw new HostError(
    `Found zero files matching "${pattern}" in ${directory}. ` +
      'Build the app, correct "main" in its package.json, or pass --functions GLOB.',
  );
}

async function loadFile(file: string, isModulePackage: boolean): Promise<void> {
  const extension = extname(file);
  const asModule =
    ['.mjs', '.ts', '.mts'].includes(extension) || (isModulePackage && extension !== '.cjs');
  try {
    if (asModule) await import(pathToFileURL(file).href);
    else createRequire(file)(file);
  } catch (cause) {
    if (cause instanceof HostError) throw cause;
    throw new HostError(`Could not load ${file} of the app.`, { cause });
  }
}

async function refuseStreaming(registry: Registry): Promise<void> {
  const capabilities = (await registry.model()?.getCapabilities?.({ ...workerCapabilities })) ?? {};
  if (!('HttpUri' in capabilities)) return;
  throw new HostError(
    'The app calls app.setup({ enableHttpStream: true }): the local host does not stream HTTP bodies yet.',
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
