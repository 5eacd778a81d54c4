import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { parsePipeline } from '../../lib/plan/parse-pipeline.ts';
import { CliError, EXIT, type ExitCode } from '../errors.ts';
import { exampleFiles } from '../init/examples.ts';
import { nameFrom, starter } from '../init/starter.ts';
import { COMMAND } from '../package-root.ts';
import { shownPath } from '../terminal/text.ts';

const PIPELINE_FILE = 'pipeline.yaml';

interface NewFile {
  path: string;
  content: string | Buffer;
}

/** Writes a pipeline file and a sample input and says what to type next; nothing that is there is overwritten. */
export async function init(
  path = '.',
  { example, json }: { example?: string; json?: boolean },
): Promise<ExitCode> {
  const { folder, pipelineFile } = placeOf(path);
  const files =
    example === undefined
      ? starter(nameFrom(basename(folder)), pipelineFile)
      : renamed(await exampleFiles(example), pipelineFile);
  const written = await writeNew(folder, files);
  const source = String(files.find((file) => file.path === pipelineFile)?.content ?? '');
  const { pipeline, problems } = parsePipeline(source, pipelineFile);
  if (problems) throw new Error(`${pipelineFile} is not valid: ${problems[0]?.message}`);
  const file = shownPath(join(folder, pipelineFile));
  const sample = files.some((each) => each.path.startsWith('sample/'));
  const next = steps(pipeline.name, file, sample ? shownPath(join(folder, 'sample')) : null);
  const lines = json
    ? [JSON.stringify({ pipeline: pipeline.name, files: written, next }, null, 2)]
    : [
        ...written.map((each) => `wrote ${shownPath(each)}`),
        '',
        'Next, with a local stack in another terminal (sluice dev):'.replace('sluice', COMMAND),
        ...next.map((step) => `  ${step}`),
      ];
  for (const line of lines) process.stdout.write(`${line}\n`);
  return EXIT.done;
}

/** A path that ends in .yaml or .yml is the pipeline file itself; anything else is a folder for it. */
function placeOf(path: string): { folder: string; pipelineFile: string } {
  const whole = resolve(path);
  if (!/\.ya?ml$/.test(path)) return { folder: whole, pipelineFile: PIPELINE_FILE };
  return { folder: dirname(whole), pipelineFile: basename(whole) };
}

function renamed(files: readonly NewFile[], pipelineFile: string): NewFile[] {
  return files.map((file) =>
    file.path === PIPELINE_FILE ? { ...file, path: pipelineFile } : file,
  );
}

async function writeNew(folder: string, files: readonly NewFile[]): Promise<string[]> {
  const paths = files.map(({ path }) => join(folder, path));
  const taken = paths.find((path) => existsSync(path));
  if (taken !== undefined) {
    throw new CliError(`${shownPath(taken)} is there already, so nothing was written.`, {
      next: `Take another folder: ${COMMAND} init FOLDER`,
    });
  }
  for (const { path, content } of files) {
    const whole = join(folder, path);
    await mkdir(dirname(whole), { recursive: true });
    await writeFile(whole, content, { flag: 'wx' });
  }
  return paths;
}

function steps(name: string, file: string, sample: string | null): string[] {
  const start = sample === null ? `run ${name} --wait` : `drop ${name} ${sample}`;
  const rest = sample === null ? [] : ['watch'];
  const lines = [`apply ${file}`, start, ...rest, 'outputs latest --download results'];
  return lines.map((line) => `${COMMAND} ${line}`);
}
