import { connect, type Target } from '../api/locate.ts';
import { findRun, getRun, runPath } from '../api/runs.ts';
import type { Run } from '../api/types.ts';
import { EXIT, type ExitCode } from '../errors.ts';
import { COMMAND } from '../package-root.ts';
import { followRuns } from '../view/follow.ts';
import { statusSpan } from '../view/status.ts';

/** Has a run stop and waits until it has; one that had ended before is an error. */
export async function cancel(
  text: string,
  options: Target & { reason?: string; json?: boolean },
): Promise<ExitCode> {
  const api = await connect(options);
  const { id } = await findRun(api, text);
  const { reason = '' } = options;
  await api.post<Run>(`${runPath(id)}/cancel`, { reason });
  const [run] = await followRuns({
    read: async () => [await getRun(api, id)],
    onChange: () => {},
  });
  if (run) print(run, options.json === true);
  return EXIT.done;
}

function print(run: Run, json: boolean): void {
  const { succeeded, items } = run.counts;
  const done = `${succeeded ?? 0} of ${items ?? 0} items were done`;
  const lines = json
    ? JSON.stringify(run, null, 2)
    : `${run.id}  ${statusSpan(run.status).text}, ${done}\nrun the others with: ${COMMAND} retry ${run.id}`;
  process.stdout.write(`${lines}\n`);
}
