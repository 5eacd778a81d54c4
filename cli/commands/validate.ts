import { readFile } from 'node:fs/promises';
import { parsePipeline } from '../../lib/plan/parse-pipeline.ts';
import { type PipelineProblem, allProblemLines } from '../api/problem.ts';
import { codeOf, EXIT, type ExitCode, messageOf } from '../errors.ts';
import { COMMAND } from '../package-root.ts';
import { count } from '../terminal/units.ts';

interface Verdict {
  file: string;
  /** The pipeline's name; null when the file is not valid. */
  name: string | null;
  valid: boolean;
  /** Why the file could not be read; null when it could. */
  message: string | null;
  problems: PipelineProblem[];
}

/** Checks pipeline files as `apply` does, without the API; exit code 2 when one is not valid. */
export async function validate(files: string[], options: { json?: boolean }): Promise<ExitCode> {
  const verdicts = await Promise.all(files.map(check));
  if (options.json) process.stdout.write(`${JSON.stringify(verdicts, null, 2)}\n`);
  else for (const verdict of verdicts) print(verdict);
  return verdicts.every(({ valid }) => valid) ? EXIT.done : EXIT.couldNotRun;
}

async function check(file: string): Promise<Verdict> {
  let source: string;
  try {
    source = await readFile(file, 'utf8');
  } catch (error) {
    const message = codeOf(error) === 'ENOENT' ? 'there is no such file' : messageOf(error);
    return { file, name: null, valid: false, message, problems: [] };
  }
  const { pipeline, problems = [] } = parsePipeline(source, file);
  const name = pipeline?.name ?? null;
  return { file, name, valid: name !== null, message: null, problems };
}

function print({ file, name, message, problems }: Verdict): void {
  if (name !== null) {
    process.stdout.write(`${file}: ${name} is valid; store it with: ${COMMAND} apply ${file}\n`);
    return;
  }
  process.stderr.write(
    `sluice: ${file} is not valid: ${message ?? count(problems.length, 'problem')}\n`,
  );
  for (const line of allProblemLines(problems, file)) {
    process.stderr.write(`  ${line}\n`);
  }
}
