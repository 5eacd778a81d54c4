import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CliError, codeOf } from '../errors.ts';
import { COMMAND } from '../package-root.ts';
import { type Api, createApi } from './client.ts';

/** Where a command finds the API: `--url`, else SLUICE_URL, else the stack that runs on `--data-dir`. */
export interface Target {
  url?: string;
  dataDir: string;
}

const START = `Start a local stack with: npm start   (or: ${COMMAND} dev)`;

/** A client for the API that the options and the environment name; a {@link CliError} when there is none. */
export async function connect(target: Target, env: NodeJS.ProcessEnv = process.env): Promise<Api> {
  const [address, origin] = target.url ? [target.url, '--url'] : [env.SLUICE_URL, 'SLUICE_URL'];
  if (address) return createApi(apiBase(address, origin), `Check the address given by ${origin}.`);
  return createApi(apiBase(await stackUrl(target.dataDir), 'stack.json'), START);
}

/** The base URL of the API; a bare address such as http://127.0.0.1:7071 means its /api. */
export function apiBase(text: string, origin: string): string {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (!url || !/^https?:$/.test(url.protocol)) {
    const next = 'Give the base address of the API, such as http://127.0.0.1:7071/api.';
    throw new CliError(`${origin} is not an http address: ${text}`, { next });
  }
  const path = url.pathname.replace(/\/+$/, '');
  return url.origin + (path === '' ? '/api' : path);
}

async function stackUrl(dataDir: string): Promise<string> {
  const file = join(dataDir, 'stack.json');
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT') {
      throw new CliError(`No local stack runs on ${dataDir}.`, { next: START });
    }
    throw error;
  });
  const url = apiIn(text);
  if (url !== null) return url;
  throw new CliError(`${file} does not say where the API is.`, { next: START });
}

function apiIn(text: string): string | null {
  try {
    const { urls } = JSON.parse(text) as { urls: { api?: unknown } };
    return typeof urls.api === 'string' ? urls.api : null;
  } catch {
    return null;
  }
}
