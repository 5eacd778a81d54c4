import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Api } from '../api/client.ts';
import type { Run, Service } from '../api/types.ts';
import type { ExitCode } from '../errors.ts';
import { PACKAGE_ROOT } from '../package-root.ts';
import { renderSpans, type Span, wantsColor } from '../terminal/spans.ts';
import { shownPath } from '../terminal/text.ts';
import { count } from '../terminal/units.ts';
import { type Changelogs, collectChangelogs } from './changelogs.ts';
import { dropAndFollow } from './drop-and-follow.ts';
import { countLines } from './line-count.ts';
import { collectOutcome, demoExitCode, mergedTotal, type RunOutcome } from './outcome.ts';
import { summaryLines } from './summary.ts';

const EXAMPLE = join(PACKAGE_ROOT, 'examples', 'log-rollup');
const PIPELINE = 'log-rollup';

export interface DemoOptions {
  /** Folder whose changelogs are taken; where it has none, the example's samples are. */
  docs: string;
  /** Where manifest.json and total.txt are left. */
  dataDir: string;
  signal: AbortSignal;
}

/** The demo on a stack that runs: apply, drop, follow, collect, and compare with zcat and awk. */
export async function rollUp(api: Api, { docs, dataDir, signal }: DemoOptions): Promise<ExitCode> {
  const source = await readFile(join(EXAMPLE, 'pipeline.yaml'), 'utf8');
  await api.putYaml(`/pipelines/${PIPELINE}`, source);
  const logs = await collectChangelogs(docs, join(EXAMPLE, 'sample'));
  introduce(logs);
  const endpoint = (await api.get<Service>('')).storage.blobEndpoint;
  const work = { pipeline: PIPELINE, container: 'incoming', files: logs.files, endpoint, signal };
  const runs = await dropAndFollow(api, work);
  const outcomes = await collectAll(api, runs, { endpoint, dataDir });
  const expected = await countLines(logs.files.map(({ path }) => path));
  const resultFile = join(dataDir, 'total.txt');
  await writeFile(resultFile, `${mergedTotal(outcomes) ?? ''}\n`);
  print([], ...summaryLines(outcomes, expected, shownPath(resultFile)));
  return demoExitCode(outcomes, expected);
}

function introduce({ files, origin, skipped }: Changelogs): void {
  const left = skipped > 0 ? `, without ${skipped} that cannot be read` : '';
  const file = shownPath(join(EXAMPLE, 'pipeline.yaml'));
  print(
    [{ text: `stored the pipeline ${PIPELINE} (${file})` }],
    [{ text: `dropping ${count(files.length, 'compressed log')} ${origin}${left}` }],
    [],
  );
}

async function collectAll(
  api: Api,
  runs: readonly Run[],
  { endpoint, dataDir }: { endpoint: string; dataDir: string },
): Promise<RunOutcome[]> {
  const outcomes: RunOutcome[] = [];
  for (const [index, run] of runs.entries()) {
    const saveAs = join(dataDir, index === 0 ? 'manifest.json' : `manifest-${index + 1}.json`);
    outcomes.push(await collectOutcome(api, run, { endpoint, saveAs }));
  }
  return outcomes;
}

function print(...lines: Span[][]): void {
  const columns = process.stdout.columns ?? Number.POSITIVE_INFINITY;
  const color = wantsColor(process.stdout);
  for (const line of lines) process.stdout.write(`${renderSpans(line, columns, color)}\n`);
}
