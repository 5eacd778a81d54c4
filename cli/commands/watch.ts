import { connect, type Target } from '../api/locate.ts';
import { EXIT, type ExitCode } from '../errors.ts';
import { createScreen } from '../view/screen.ts';
import { followRuns } from '../view/follow.ts';
import { getRun } from '../api/runs.ts';

/** Shows a run until it has ended; the exit code says whether it succeeded. */
export async function watch(id: string, options: Target): Promise<ExitCode> {
  const api = await connect(options);
  const screen = createScreen(process.stdout);
  const [run] = await followRuns({
    read: async () => [await getRun(api, id)],
    onChange: (runs) => screen.show({ upload: null, runs, note: null }),
  });
  return run?.status === 'Succeeded' ? EXIT.done : EXIT.failed;
}
