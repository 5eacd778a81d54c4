import { readFile } from 'node:fs/promises';
import { parsePipeline } from '../../lib/plan/parse-pipeline.ts';
import type { Preview } from '../../lib/plan/preview-schema.ts';
import type { Api } from '../api/client.ts';
import { connect, type Target } from '../api/locate.ts';
import { getPipeline } from '../api/pipelines.ts';
import { allProblemLines } from '../api/problem.ts';
import { CliError, codeOf, EXIT, type ExitCode, messageOf } from '../errors.ts';
import { type InputOptions, paramsOf, readInputs } from '../run/ask.ts';
import { count } from '../terminal/units.ts';
import { planLines } from '../view/plan.ts';

export interface PlanOptions extends Target, InputOptions {
  param?: string[];
  json?: boolean;
}

interface Asked {
  /** What the request says of the pipeline. */
  body: { pipeline: string } | { source: string };
  declared: Readonly<Record<string, { type?: string }>>;
}

/** Shows what a run would be, of a stored pipeline or of a file, and changes nothing. */
export async function plan(what: string, options: PlanOptions): Promise<ExitCode> {
  const api = await connect(options);
  const { body, declared } = isFile(what) ? await fromFile(what) : await fromStore(api, what);
  const inputs = await readInputs(options);
  const preview = await api.post<Preview>('/plans', {
    ...body,
    ...(inputs.length > 0 && { inputs }),
    ...(options.param && { params: paramsOf(options.param, declared) }),
  });
  const text = options.json ? JSON.stringify(preview, null, 2) : planLines(preview).join('\n');
  process.stdout.write(`${text}\n`);
  return EXIT.done;
}

/** Names of pipelines have neither dots nor slashes. */
function isFile(what: string): boolean {
  return /[./\\]/.test(what);
}

async function fromStore(api: Api, name: string): Promise<Asked> {
  const { pipeline } = await getPipeline(api, name);
  const { params = {} } = pipeline as { params?: Asked['declared'] };
  return { body: { pipeline: name }, declared: params };
}

async function fromFile(file: string): Promise<Asked> {
  const source = await read(file);
  const { pipeline, problems } = parsePipeline(source, file);
  if (pipeline) return { body: { source }, declared: pipeline.params };
  const lines = allProblemLines(problems, file).map((line) => `\n  ${line}`);
  throw new CliError(`${file} is not valid: ${count(problems.length, 'problem')}${lines.join('')}`);
}

async function read(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    const why = codeOf(cause) === 'ENOENT' ? 'there is no such file' : messageOf(cause);
    throw new CliError(`${file} cannot be read: ${why}.`, { cause });
  }
}
