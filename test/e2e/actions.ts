import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { getJson, pipelineFile, type RunView, type Sluice, until } from './harness.ts';

/** What can be done to runs, and seen of them, beyond the harness. */
export interface Answer {
  status: number;
  body: RunView & { code?: string; detail?: string };
}

type Target = Pick<Sluice, 'urls'>;

export async function post(sluice: Target, path: string, body?: object): Promise<Answer> {
  const response = await fetch(`${sluice.urls.api}${path}`, {
    method: 'POST',
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
  return { status: response.status, body: (await response.json()) as Answer['body'] };
}

export function runOf(sluice: Target, id: string): Promise<RunView> {
  return getJson<RunView>(`${sluice.urls.api}/runs/${id}`);
}

/** Starts one run over all these files, however long they take to upload; the pipeline watches for none. */
export async function start(
  sluice: Pick<Sluice, 'urls' | 'apply' | 'drop'>,
  fields: Parameters<typeof pipelineFile>[0],
  files: Record<string, string>,
): Promise<string> {
  const { name } = fields;
  await sluice.apply(pipelineFile({ ...fields, match: 'nothing' }));
  await sluice.drop(name, files);
  const { status, body } = await post(sluice, '/runs', {
    pipeline: name,
    inputs: Object.keys(files),
  });
  if (status !== 201) throw new Error(`POST /runs: ${status} ${body.detail}`);
  return body.id;
}

/** Waits until a run has ended and nothing of it is left in Batch. */
export function cleanedUp(sluice: Target, id: string, seconds?: number): Promise<RunView> {
  return until(
    `run ${id} is cleaned up`,
    async () => {
      const run = await runOf(sluice, id);
      return run.status !== 'Running' && run.phase === 'done' ? run : null;
    },
    seconds,
  );
}

/** Name and version of everything that a run has in storage. */
export async function filesOf(sluice: Pick<Sluice, 'blobs'>, id: string): Promise<string[]> {
  const files: string[] = [];
  for (const container of ['sluice', 'sluice-work']) {
    const prefix = `runs/${id}/`;
    for await (const blob of sluice.blobs.getContainerClient(container).listBlobsFlat({ prefix })) {
      files.push(`${container}/${blob.name} ${blob.properties.etag}`);
    }
  }
  return files;
}

/** The content of a blob by the URL that a manifest gives. */
export async function textOf(sluice: Pick<Sluice, 'blobs'>, url: string): Promise<string> {
  const [, , container = '', ...name] = new URL(url).pathname.split('/').map(decodeURIComponent);
  const blob = sluice.blobs.getContainerClient(container).getBlobClient(name.join('/'));
  return (await blob.downloadToBuffer()).toString();
}

/** Runs the command line as a person would. */
export function cli(
  sluice: Target,
  ...args: string[]
): Promise<{ status: number | null; stdout: string; stderr: string }> {
  const all = ['cli/main.ts', ...args, '--url', sluice.urls.api];
  const child = spawn(process.execPath, all, { env: { ...process.env, NO_COLOR: '1' } });
  const said = { stdout: '', stderr: '' };
  child.stdout.on('data', (text: Buffer) => (said.stdout += text.toString()));
  child.stderr.on('data', (text: Buffer) => (said.stderr += text.toString()));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (status) => resolve({ status, ...said }));
  });
}

/** How often a command ran for a file, if it says `echo >> "{folder}/$NAME"` each time. */
export function timesRun(folder: string, name: string): number {
  return readFileSync(join(folder, name), 'utf8').split('\n').length - 1;
}
