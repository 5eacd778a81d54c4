import { writeFile } from 'node:fs/promises';
import type { Api } from '../api/client.ts';
import { findManifest } from '../api/runs.ts';
import type { Manifest, Run } from '../api/types.ts';
import { readBlob } from '../drop/storage.ts';
import { CliError, EXIT, type ExitCode } from '../errors.ts';
import { shownPath } from '../terminal/text.ts';

/** One run of the demo with what it left behind; `total` is null when its merge gave no number. */
export interface RunOutcome {
  run: Run;
  manifest: Manifest;
  total: number | null;
  /** Where the manifest was saved. */
  saved: string;
  /** Where the manifest is in storage. */
  url: string;
}

/** Reads a run's manifest and merged result, and saves the manifest as `saveAs`. */
export async function collectOutcome(
  api: Api,
  run: Run,
  { endpoint, saveAs }: { endpoint: string; saveAs: string },
): Promise<RunOutcome> {
  const manifest = await findManifest(api, run.id);
  if (!manifest) throw new CliError(`${run.id} ended as ${run.status} without a manifest.`);
  await writeFile(saveAs, `${JSON.stringify(manifest, null, 2)}\n`);
  const output = manifest.merge?.outputs.find(({ name }) => name === 'total.txt');
  const text = output ? (await readBlob(endpoint, output.url)).toString() : '';
  const total = /^\d+\n?$/.test(text) ? Number(text) : null;
  const url = `${endpoint}/sluice/runs/${run.id}/manifest.json`;
  return { run, manifest, total, saved: shownPath(saveAs), url };
}

/** Lines that all runs together counted; null when one of them has no result. */
export function mergedTotal(outcomes: readonly { total: number | null }[]): number | null {
  let sum = 0;
  for (const { total } of outcomes) {
    if (total === null) return null;
    sum += total;
  }
  return sum;
}

/** 0 only when every run succeeded and their sum is what zcat and awk say. */
export function demoExitCode(outcomes: readonly RunOutcome[], expected: number): ExitCode {
  const succeeded = outcomes.every(({ run }) => run.status === 'Succeeded');
  return succeeded && mergedTotal(outcomes) === expected ? EXIT.done : EXIT.failed;
}
