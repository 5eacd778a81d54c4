import { accessSync, constants, existsSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { createServer } from 'node:net';
import { delimiter, dirname, join, resolve } from 'node:path';
import { findRunningStack, readStackFile } from '../../local/stack/stack-file.ts';
import { COMMAND } from '../package-root.ts';
import { byteSize } from '../terminal/units.ts';
import { type Check, fault, ok } from './check.ts';

const NODE_NEEDED = 24;
/** The local stack keeps inputs, outputs and logs several times over while a run goes. */
const DISK_NEEDED = 1_000_000_000;

/** Programs that local tasks are run with; tasks of pipelines need what their commands name besides. */
const PROGRAMS: Record<string, string> = {
  bash: 'bash',
  setsid: 'util-linux',
  timeout: 'coreutils',
  curl: 'curl',
};

/** What this machine must have to run the local stack. */
export async function machineChecks(dataDir: string): Promise<Check[]> {
  return [
    nodeCheck(process.versions.node),
    ...Object.entries(PROGRAMS).map(([program, pkg]) => programCheck(program, pkg)),
    await portCheck(dataDir),
    await diskCheck(dataDir),
  ];
}

export function nodeCheck(version: string): Check {
  if (Number.parseInt(version, 10) >= NODE_NEEDED) return ok('node', version);
  const remedy = `Install Node ${NODE_NEEDED} or newer; on Linux npm install brings one.`;
  return fault('node', `${version}, where ${NODE_NEEDED} or newer is needed`, remedy);
}

export function programCheck(program: string, pkg: string, path = process.env.PATH): Check {
  const found = (path ?? '')
    .split(delimiter)
    .map((folder) => join(folder, program))
    .find(isExecutable);
  if (found !== undefined) return ok(program, found);
  const remedy = `Install it, on Debian and Ubuntu with: apt-get install ${pkg}`;
  return fault(program, 'is not on the PATH; local tasks need it', remedy);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** A stack keeps the ports that its folder had; without a folder it takes free ones. */
async function portCheck(dataDir: string): Promise<Check> {
  if (findRunningStack(dataDir)) return ok('ports', `in use by the local stack on ${dataDir}`);
  const kept = Object.values(readStackFile(dataDir)?.ports ?? {});
  const wanted = kept.length > 0 ? kept : [0];
  for (const port of wanted) {
    if (await isFree(port)) continue;
    const remedy = `Stop what uses it, or take another folder: ${COMMAND} dev --data-dir FOLDER`;
    return fault('ports', `${port} of 127.0.0.1, which ${dataDir} had, is in use`, remedy);
  }
  return ok('ports', kept.length > 0 ? `${kept.join(', ')} are free` : 'free ones are taken');
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  const listening = await new Promise<boolean>((settle) => {
    server.once('error', () => settle(false));
    server.listen(port, '127.0.0.1', () => settle(true));
  });
  if (listening) await new Promise((closed) => server.close(closed));
  return listening;
}

async function diskCheck(dataDir: string): Promise<Check> {
  const folder = existingAbove(resolve(dataDir));
  const { bavail, bsize } = await statfs(folder);
  const free = bavail * bsize;
  if (free >= DISK_NEEDED) return ok('disk', `${byteSize(free)} free for ${dataDir}`);
  const remedy = `Make room, or take a folder elsewhere: ${COMMAND} dev --data-dir FOLDER`;
  return fault('disk', `only ${byteSize(free)} free for ${dataDir}`, remedy);
}

function existingAbove(folder: string): string {
  return existsSync(folder) ? folder : existingAbove(dirname(folder));
}
