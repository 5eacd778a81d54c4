import type { Api } from '../api/client.ts';
import { listRuns } from '../api/runs.ts';
import type { Run } from '../api/types.ts';
import type { NamedFile } from '../drop/names.ts';
import { openContainer } from '../drop/storage.ts';
import { uploadFiles } from '../drop/upload.ts';
import { CliError } from '../errors.ts';
import { count } from '../terminal/units.ts';
import { followRuns } from '../view/follow.ts';
import type { LiveView } from '../view/live-view.ts';
import { createScreen } from '../view/screen.ts';

/** Longer than the pipeline's maxWait: a drop that is in no run by then is lost. */
const OVERDUE_MS = 90_000;

export interface DropWork {
  pipeline: string;
  container: string;
  files: readonly NamedFile[];
  /** Where the bytes go. */
  endpoint: string;
  signal: AbortSignal;
}

/** Uploads the files and shows what becomes of them until every one is an item of a run that has ended; oldest first. */
export async function dropAndFollow(api: Api, work: DropWork): Promise<Run[]> {
  const screen = createScreen(process.stdout);
  let view: LiveView = { upload: null, runs: [], note: null };
  const show = (change: Partial<LiveView>) => {
    view = { ...view, ...change };
    screen.show(view);
  };
  await upload(work, show);
  show({ note: 'waiting for the drops to settle' });
  const deadline = performance.now() + OVERDUE_MS;
  return followRuns({
    signal: work.signal,
    read: async () => (await listRuns(api, work.pipeline)).toReversed(),
    onChange: (runs) => show(runs.length > 0 ? { runs, note: null } : {}),
    complete: (runs) => allArrived(runs, work.files.length, deadline),
  });
}

async function upload(work: DropWork, show: (change: Partial<LiveView>) => void): Promise<void> {
  const container = await openContainer(work.endpoint, work.container);
  const { failed } = await uploadFiles(container, work.files, {
    signal: work.signal,
    onProgress: (progress) => show({ upload: progress }),
  });
  const [first] = failed;
  if (!first) return;
  const what = count(failed.length, 'file');
  throw new CliError(`${what} could not be uploaded, first ${first.path}: ${first.message}`);
}

/** Whether every file is an item of some run; gives up on those that are overdue. */
function allArrived(runs: readonly Run[], files: number, deadline: number): boolean {
  const items = runs.reduce((sum, { counts }) => sum + (counts.items ?? 0), 0);
  if (items >= files) return true;
  if (performance.now() < deadline) return false;
  throw new CliError(`Only ${items} of ${count(files, 'file')} came into a run.`);
}
