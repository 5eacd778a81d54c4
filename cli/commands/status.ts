import { connect, type Target } from '../api/locate.ts';
import { findManifest, findRun, listRuns, manifestPath } from '../api/runs.ts';
import type { Manifest, Run } from '../api/types.ts';
import { EXIT, type ExitCode } from '../errors.ts';
import { COMMAND } from '../package-root.ts';
import { truncate } from '../terminal/text.ts';
import { wantsColor } from '../terminal/spans.ts';
import { renderFrame } from '../view/frame.ts';
import { failureLines, runTable } from '../view/runs.ts';

/** Lists the runs, newest first, or shows one; a run that ended without success is exit code 1. */
export function status(
  id: string | undefined,
  options: Target & { json?: boolean },
): Promise<ExitCode> {
  return id === undefined ? listAll(options) : showOne(id, options);
}

async function listAll(options: Target & { json?: boolean }): Promise<ExitCode> {
  const runs = await listRuns(await connect(options));
  if (options.json) print(JSON.stringify(runs, null, 2));
  else if (runs.length > 0) print(...runTable(runs, Date.now(), width()).map(fitted));
  else print('no runs yet', `start one with: ${COMMAND} drop PIPELINE PATH...`);
  return EXIT.done;
}

async function showOne(text: string, options: Target & { json?: boolean }): Promise<ExitCode> {
  const api = await connect(options);
  const run = await findRun(api, text);
  const { id } = run;
  const manifest = run.status === 'Running' ? null : await findManifest(api, id);
  const where = manifest ? api.base + manifestPath(id) : null;
  const answer = {
    run,
    groups: manifest?.failures ?? [],
    failures: failures(manifest),
    manifest: where,
  };
  if (options.json) print(JSON.stringify(answer, null, 2));
  else showRun(run, manifest, where);
  return run.status === 'Running' || run.status === 'Succeeded' ? EXIT.done : EXIT.failed;
}

function showRun(run: Run, manifest: Manifest | null, where: string | null): void {
  const options = {
    columns: process.stdout.columns ?? 200,
    color: wantsColor(process.stdout),
    now: Date.now(),
  };
  print(...renderFrame({ upload: null, runs: [run], note: null }, options).filter(Boolean));
  if (manifest) print(...failureLines(manifest).map(fitted));
  print(`manifest  ${where ?? 'comes when the run ends'}`);
  const failed = manifest !== null && manifest.counts.failed > 0;
  if (failed) print(`what they printed: ${COMMAND} logs ${run.id} --failed`);
}

function failures(manifest: Manifest | null) {
  return manifest?.items?.filter(({ status }) => status !== 'Succeeded') ?? [];
}

function width(): number {
  return process.stdout.isTTY ? process.stdout.columns : Number.POSITIVE_INFINITY;
}

/** A line cut to the terminal, so that tables keep their columns; whole in pipes. */
function fitted(line: string): string {
  return process.stdout.isTTY ? truncate(line, process.stdout.columns) : line;
}

function print(...lines: string[]): void {
  for (const line of lines) process.stdout.write(`${line}\n`);
}
