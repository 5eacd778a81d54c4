import type { Api } from '../api/client.ts';
import { connect, type Target } from '../api/locate.ts';
import { getPipeline, listPipelines, pipelinePath } from '../api/pipelines.ts';
import type { StoredPipeline } from '../api/types.ts';
import { EXIT, type ExitCode } from '../errors.ts';
import { COMMAND } from '../package-root.ts';
import { table } from '../terminal/table.ts';
import { age } from '../terminal/units.ts';

type Options = Target & { json?: boolean };

/** Lists the pipelines: whether they are paused, and when their schedules come due. */
export async function pipelines(options: Options): Promise<ExitCode> {
  const all = await listPipelines(await connect(options));
  if (options.json) print(JSON.stringify(all, null, 2));
  else if (all.length === 0) print('no pipelines yet', `store one with: ${COMMAND} apply FILE`);
  else print(...table(['PIPELINE', 'STATE', 'NEXT RUN BY SCHEDULE', ' APPLIED'], all.map(row)));
  return EXIT.done;
}

/** Has a pipeline start no runs by itself; drops gather. */
export async function pause(name: string, options: Options): Promise<ExitCode> {
  const paused = await hold(await connect(options), name, 'pause');
  report(paused, options, `${name} is paused; go on with: ${COMMAND} resume ${name}`);
  return EXIT.done;
}

/** Lets a paused pipeline go on. */
export async function resume(name: string, options: Options): Promise<ExitCode> {
  const resumed = await hold(await connect(options), name, 'resume');
  report(resumed, options, `${name} goes on; what gathered becomes runs`);
  return EXIT.done;
}

/** Removes a pipeline that has no runs under way; its past runs stay. */
export async function remove(name: string, options: Options): Promise<ExitCode> {
  const api = await connect(options);
  const stored = await getPipeline(api, name);
  await api.delete(pipelinePath(name));
  report(stored, options, `${name} is gone; its past runs stay`);
  return EXIT.done;
}

async function hold(api: Api, name: string, what: 'pause' | 'resume'): Promise<StoredPipeline> {
  await getPipeline(api, name);
  return api.post<StoredPipeline>(`${pipelinePath(name)}/${what}`);
}

function row({ name, paused, nextScheduled, updatedAt }: StoredPipeline): string[] {
  const next = nextScheduled?.replace('T', ' ').replace(/:\d\d\.\d+Z$/, ' UTC') ?? '-';
  return [
    name,
    paused ? 'paused' : 'active',
    paused ? '-' : next,
    age(Date.now() - Date.parse(updatedAt)),
  ];
}

function report(stored: StoredPipeline, { json }: Options, line: string): void {
  print(json ? JSON.stringify(stored, null, 2) : line);
}

function print(...lines: string[]): void {
  for (const line of lines) process.stdout.write(`${line}\n`);
}
