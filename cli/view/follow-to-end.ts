import type { Api } from '../api/client.ts';
import { getRun } from '../api/runs.ts';
import type { Run } from '../api/types.ts';
import { EXIT, type ExitCode } from '../errors.ts';
import { COMMAND } from '../package-root.ts';
import { followRuns } from './follow.ts';
import type { LiveView } from './live-view.ts';
import { createScreen, type Screen } from './screen.ts';

/** Shows a run until it has ended and says what to type next; the exit code is its result. */
export async function followToEnd(
  api: Api,
  id: string,
  { json }: { json: boolean },
): Promise<ExitCode> {
  const screen = json ? jsonScreen() : createScreen(process.stdout);
  const runs = await followRuns({
    read: async () => [await getRun(api, id)],
    onChange: (now) => screen.show({ upload: null, runs: now, note: null }),
  });
  if (!json) for (const run of runs) process.stderr.write(`${nextStep(run)}\n`);
  return resultOf(runs);
}

/** A line of JSON whenever a run has changed. */
export function jsonScreen(): Screen {
  const shown = new Map<string, string>();
  return {
    show({ runs }: LiveView) {
      for (const run of runs) {
        const line = JSON.stringify(run);
        if (shown.get(run.id) === line) continue;
        shown.set(run.id, line);
        process.stdout.write(`${line}\n`);
      }
    },
  };
}

export function resultOf(runs: readonly Run[]): ExitCode {
  return runs.every(({ status }) => status === 'Succeeded') ? EXIT.done : EXIT.failed;
}

/** What to type after a run that has ended. */
export function nextStep({ id, status }: Run): string {
  if (status === 'Succeeded') return `its outputs: ${COMMAND} outputs ${id}`;
  if (status === 'Cancelled') return `run the rest with: ${COMMAND} retry ${id}`;
  return `see why with: ${COMMAND} status ${id}`;
}
