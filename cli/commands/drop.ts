import { connect, type Target } from '../api/locate.ts';
import { getPipeline } from '../api/pipelines.ts';
import type { Service } from '../api/types.ts';
import { collectFiles } from '../drop/files.ts';
import { type NamedFile, nameDrops, type Naming } from '../drop/names.ts';
import { openContainer } from '../drop/storage.ts';
import { uploadFiles, type UploadResult } from '../drop/upload.ts';
import { CliError, EXIT, type ExitCode } from '../errors.ts';
import { COMMAND } from '../package-root.ts';
import { printable } from '../terminal/text.ts';
import { byteSize, count } from '../terminal/units.ts';
import { createScreen } from '../view/screen.ts';

const SHOWN = 10;

/** Uploads files and folders to the pipeline's container, under names that its globs match: all of them or none. */
export async function drop(
  pipeline: string,
  paths: string[],
  options: Target & { json?: boolean },
): Promise<ExitCode> {
  const api = await connect(options);
  const stored = await getPipeline(api, pipeline);
  const watched = stored.pipeline.on.drop;
  if (!watched) {
    throw new CliError(`The pipeline '${pipeline}' takes no drops, since it has no 'on.drop'.`, {
      next: `Start it with: ${COMMAND} run ${pipeline}  (or add on.drop to its file, and apply it)`,
    });
  }
  const files = nameAll(await collectFiles(paths), { ...watched, pipeline });
  const { storage } = await api.get<Service>('');
  const container = await openContainer(storage.blobEndpoint, watched.container);
  const screen = createScreen(process.stderr);
  const result = await uploadFiles(container, files, {
    onProgress: (upload) => {
      if (process.stderr.isTTY && !options.json) screen.show({ upload, runs: [], note: null });
    },
  });
  const where = { pipeline, container: watched.container, url: container.url };
  if (options.json) process.stdout.write(`${JSON.stringify({ ...where, ...result }, null, 2)}\n`);
  else report(result, where);
  return result.failed.length > 0 ? EXIT.failed : EXIT.done;
}

function nameAll(
  files: Parameters<typeof nameDrops>[0],
  watched: { pipeline: string; match: string[] },
): NamedFile[] {
  if (files.length === 0) throw new CliError('There are no files to upload.');
  const naming = nameDrops(files, watched.match);
  if (naming.unmatched.length > 0) throw mismatch(naming, watched);
  if (naming.clashes.length > 0) throw clash(naming);
  return naming.named;
}

function mismatch(
  { unmatched }: Naming,
  { pipeline, match }: { pipeline: string; match: string[] },
) {
  const names = unmatched.map(({ path }) => path);
  const what = `${count(unmatched.length, 'file')} would not start ${pipeline}, so nothing was uploaded:`;
  const next = `${pipeline} takes names that match: ${match.join('  ')}`;
  return new CliError(`${what}\n${someOf(names)}`, { next });
}

function clash({ clashes }: Naming) {
  const names = clashes.map(({ name, paths }) => `${name}  from ${paths.join(' and ')}`);
  const what = `${count(clashes.length, 'name')} would be taken twice, so nothing was uploaded:`;
  return new CliError(`${what}\n${someOf(names)}`, {
    next: 'Give the folder above them, or drop them one after the other.',
  });
}

function someOf(names: readonly string[]): string {
  const shown = names.slice(0, SHOWN).map((name) => `  ${printable(name)}`);
  const more = names.length - shown.length;
  return [...shown, ...(more > 0 ? [`  +${more} more`] : [])].join('\n');
}

function report(
  { uploaded, failed }: UploadResult,
  where: { pipeline: string; container: string },
): void {
  const bytes = uploaded.reduce((sum, { size }) => sum + size, 0);
  const what = `${count(uploaded.length, 'file')} (${byteSize(bytes)})`;
  process.stdout.write(`dropped ${what} into ${where.container} for ${where.pipeline}\n`);
  if (failed.length === 0) {
    process.stdout.write(`follow the run with: ${COMMAND} watch\n`);
    return;
  }
  const names = failed.map(({ path, message }) => `${path}: ${message}`);
  process.stderr.write(
    `sluice: ${count(failed.length, 'file')} could not be uploaded:\n${someOf(names)}\n`,
  );
}
