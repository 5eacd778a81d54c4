import type { Api } from '../api/client.ts';
import { connect, type Target } from '../api/locate.ts';
import { findRun, listRuns } from '../api/runs.ts';
import type { Run, StoredPipeline } from '../api/types.ts';
import { CliError, type ExitCode } from '../errors.ts';
import { COMMAND } from '../package-root.ts';
import { followRuns } from '../view/follow.ts';
import { followToEnd, jsonScreen, nextStep, resultOf } from '../view/follow-to-end.ts';
import { hasEnded } from '../view/live-view.ts';
import { createScreen, type Screen } from '../view/screen.ts';

/** An upload is heard of sooner than this. */
const HEARD_MS = 5000;

/** Shows a run, or all that go or are about to start, until they have ended; the exit code says whether they succeeded. */
export async function watch(
  id: string | undefined,
  options: Target & { json?: boolean },
): Promise<ExitCode> {
  const api = await connect(options);
  const json = options.json === true;
  if (id !== undefined) return followToEnd(api, (await findRun(api, id)).id, { json });
  const runs = await followWhatGoes(api, json ? jsonScreen() : createScreen(process.stdout));
  if (!json) for (const run of runs) process.stderr.write(`${nextStep(run)}\n`);
  return resultOf(runs);
}

/** Runs that go, and those that drops which wait will start; where there is neither, the newest run. */
async function followWhatGoes(api: Api, screen: Screen): Promise<Run[]> {
  const seen = new Set<string>();
  const begun = performance.now();
  const heard = () => performance.now() - begun > HEARD_MS;
  let waiting = 0;
  return followRuns({
    read: async () => {
      // Drops first: what is in none of them then is in a run.
      waiting = seen.size > 0 ? 0 : await countWaiting(api);
      const all = await listRuns(api);
      for (const run of all) if (!hasEnded(run)) seen.add(run.id);
      if (seen.size === 0 && waiting === 0 && heard()) seen.add(newest(all).id);
      return all.filter((run) => seen.has(run.id)).toReversed();
    },
    onChange: (runs) => screen.show({ upload: null, runs, note: noteOn(runs, waiting) }),
  });
}

function noteOn(runs: readonly Run[], waiting: number): string | null {
  if (runs.length > 0) return null;
  return waiting > 0 ? 'waiting for the drops to settle' : 'waiting for a run to start';
}

async function countWaiting(api: Api): Promise<number> {
  const { value } = await api.get<{ value: StoredPipeline[] }>('/pipelines');
  let waiting = 0;
  for (const { name } of value) {
    const drops = await api.get<{ value: unknown[] }>(`/drops?pipeline=${name}&state=pending`);
    waiting += drops.value.length;
  }
  return waiting;
}

function newest([run]: readonly Run[]): Run {
  if (run) return run;
  const next = `Start one with: ${COMMAND} drop PIPELINE PATH...`;
  throw new CliError('Nothing runs, and no drops wait.', { next });
}
