import { readFile } from 'node:fs/promises';
import { parsePipeline } from '../../lib/plan/parse-pipeline.ts';
import { type Api, ApiError } from '../api/client.ts';
import { connect, type Target } from '../api/locate.ts';
import { type PipelineProblem, allProblemLines } from '../api/problem.ts';
import type { StoredPipeline } from '../api/types.ts';
import { codeOf, EXIT, type ExitCode, messageOf } from '../errors.ts';

type Outcome =
  | { file: string; name: string; hash: string; result: 'created' | 'updated' | 'unchanged' }
  | { file: string; result: 'refused'; message: string; problems: PipelineProblem[] };

/** Stores each file as a pipeline; a file that is wrong does not keep the others from being stored. */
export async function apply(
  files: string[],
  options: Target & { json?: boolean },
): Promise<ExitCode> {
  const api = await connect(options);
  const outcomes: Outcome[] = [];
  for (const file of files) outcomes.push(await applyFile(api, file));
  if (options.json) process.stdout.write(`${JSON.stringify(outcomes, null, 2)}\n`);
  else for (const outcome of outcomes) print(outcome);
  return outcomes.some(({ result }) => result === 'refused') ? EXIT.couldNotRun : EXIT.done;
}

async function applyFile(api: Api, file: string): Promise<Outcome> {
  let source: string;
  try {
    source = await readFile(file, 'utf8');
  } catch (error) {
    const message = codeOf(error) === 'ENOENT' ? 'there is no such file' : messageOf(error);
    return { file, result: 'refused', message, problems: [] };
  }
  const parsed = parsePipeline(source, file);
  if (parsed.problems) return refused(file, parsed.problems);
  return store(api, { file, source, name: parsed.pipeline.name });
}

async function store(
  api: Api,
  { file, source, name }: { file: string; source: string; name: string },
): Promise<Outcome> {
  const path = `/pipelines/${encodeURIComponent(name)}`;
  try {
    const before = await api.find<StoredPipeline>(path);
    const { body } = await api.putYaml<StoredPipeline>(path, source);
    const changed = before?.hash === body.hash ? 'unchanged' : 'updated';
    return { file, name, hash: body.hash, result: before ? changed : 'created' };
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    const problems = error.problem.errors ?? [];
    return problems.length > 0
      ? refused(file, problems)
      : { file, result: 'refused', message: error.message, problems };
  }
}

function refused(file: string, problems: PipelineProblem[]): Outcome {
  const message = problems.length === 1 ? '1 problem' : `${problems.length} problems`;
  return { file, result: 'refused', message, problems };
}

function print(outcome: Outcome): void {
  if (outcome.result !== 'refused') {
    process.stdout.write(`${outcome.name}  ${outcome.result}\n`);
    return;
  }
  const { file, message, problems } = outcome;
  const lines = allProblemLines(problems, file);
  process.stderr.write(`sluice: ${file} was not stored: ${message}\n`);
  for (const line of lines) process.stderr.write(`  ${line}\n`);
}
