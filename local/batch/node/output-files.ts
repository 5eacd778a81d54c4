import { realpath, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { TaskDirectories } from './directories.ts';
import { TaskFailure } from './failures.ts';
import { findFiles, readPattern, relativeName, type FilePattern } from './glob.ts';
import { inParallel } from './in-parallel.ts';
import { upload, type Upload } from './upload.ts';

/** An output file of a task as it was accepted. */
export interface OutputFile {
  filePattern: string;
  destination: {
    container: {
      containerUrl: string;
      path?: string;
      uploadHeaders?: { name: string; value?: string }[];
    };
  };
  uploadOptions: { uploadCondition: string };
}

/** Where and how a task ended, as far as its output files ask. */
export interface UploadContext {
  environment: Readonly<Record<string, string>>;
  directories: TaskDirectories;
  succeeded: boolean;
}

const inFlight = 8;

/**
 * Uploads what a task's output files name, if their condition holds; throws TaskFailure when a file is not there or
 * cannot be put. Writes fileuploadout.txt and fileuploaderr.txt in the task's directory.
 */
export async function uploadOutputFiles(
  files: readonly OutputFile[],
  context: UploadContext,
  signal: AbortSignal,
): Promise<void> {
  const due = files.filter((file) => isDue(file, context.succeeded));
  if (due.length === 0) return;
  const lines: string[] = [];
  let failure: unknown;
  try {
    await inParallel(expand(due, context), inFlight, async (item) => {
      const bytes = await upload(item, signal);
      lines.push(`Uploaded ${item.file} as ${item.blob} (${bytes} bytes)`);
    });
  } catch (error) {
    failure = error;
  }
  await writeLogs(context.directories, lines, failure);
  if (failure !== undefined) throw failure;
}

function isDue(file: OutputFile, succeeded: boolean): boolean {
  const condition = file.uploadOptions.uploadCondition.toLowerCase();
  if (condition === 'tasksuccess') return succeeded;
  return condition === 'taskfailure' ? !succeeded : true;
}

async function* expand(
  files: readonly OutputFile[],
  context: UploadContext,
): AsyncGenerator<Upload> {
  for (const file of files) {
    const { containerUrl, path, uploadHeaders } = file.destination.container;
    const headers = Object.fromEntries(
      (uploadHeaders ?? []).map(({ name, value }) => [name, value ?? '']),
    );
    const pattern = readPattern(file.filePattern, context.environment, context.directories.working);
    requireInside(context.directories, pattern.base, file);
    const found = await findFiles(pattern);
    if (found.length === 0 && !pattern.wildcard) {
      throw new TaskFailure('FileUploadMiscError', 'An output file was not found', {
        FilePattern: file.filePattern,
        Path: join(pattern.base, ...pattern.segments),
      });
    }
    for (const name of found) {
      requireInside(context.directories, await realpath(name), file);
      yield { file: name, containerUrl, blob: blobName(pattern, path, name), headers };
    }
  }
}

/** A task uploads what lies in its own folder, whatever its patterns and links say. */
function requireInside({ task }: TaskDirectories, path: string, { filePattern }: OutputFile): void {
  if (path === task || path.startsWith(`${task}/`)) return;
  throw new TaskFailure('FileUploadMiscError', "An output file lies outside the task's directory", {
    FilePattern: filePattern,
    Path: path,
    Message: 'Write or copy it below AZ_BATCH_TASK_DIR.',
  });
}

function blobName(pattern: FilePattern, path: string | undefined, file: string): string {
  if (!pattern.wildcard) return path === undefined || path === '' ? basename(file) : path;
  const name = relativeName(pattern, file);
  return path === undefined || path === '' ? name : `${path.replace(/\/$/, '')}/${name}`;
}

async function writeLogs(
  { task }: TaskDirectories,
  lines: readonly string[],
  failure: unknown,
): Promise<void> {
  const details = failure instanceof TaskFailure ? JSON.stringify(failure.info.details) : '';
  const error = failure === undefined ? '' : `${String(failure)} ${details}\n`;
  await Promise.all([
    writeFile(join(task, 'fileuploadout.txt'), lines.map((line) => `${line}\n`).join('')),
    writeFile(join(task, 'fileuploaderr.txt'), error),
  ]);
}
