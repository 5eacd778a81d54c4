import { list, put, remove } from '../azure/blobs.ts';
import { controlContainer, workContainer } from '../azure/storage.ts';
import { newestFirst, startOf } from '../plan/ids.ts';
import { FINAL_STATUSES } from '../plan/run.ts';
import { eachLimited } from './concurrency.ts';
import { reusedBy } from './reuse.ts';
import { ALL_RUNS, pipelinePrefix, statusPrefix } from './run-index.ts';

/** A run as the index of its pipeline has it; `startedAt` in milliseconds since 1970. */
export interface IndexedRun {
  run: string;
  startedAt: number;
  /** Whether its logs have been removed already. */
  logsGone: boolean;
  /** How it ended, as its entry carries it. */
  metadata: Record<string, string>;
}

/** Blobs deleted at once. */
const IN_FLIGHT = 16;

/** The runs of a pipeline, newest first. */
export async function* listIndex(pipeline: string): AsyncGenerator<IndexedRun> {
  const prefix = pipelinePrefix(pipeline);
  for await (const { name, metadata } of list(await controlContainer(), prefix, {
    metadata: true,
  })) {
    const entry = name.slice(prefix.length);
    const run = entry.slice(entry.indexOf('.') + 1);
    yield { run, startedAt: startOf(entry), logsGone: metadata['logs'] === 'gone', metadata };
  }
}

/** Removes what the commands of a run printed; its entry in the index then says so. */
export async function removeLogs({ run, pipeline, startedAt, metadata }: RunKey): Promise<void> {
  const work = await workContainer();
  await removeAll(work, `runs/${run}/logs/`);
  await removeAll(work, `runs/${run}/merge/logs/`);
  const name = pipelinePrefix(pipeline) + newestFirst(run, new Date(startedAt));
  await put(await controlContainer(), name, '', { metadata: { ...metadata, logs: 'gone' } });
}

/** Removes everything of a run. Its entry in the index goes last, so that what was cut off is found again. */
export async function forgetRun({ run, pipeline, startedAt }: RunKey): Promise<void> {
  const control = await controlContainer();
  await removeAll(await workContainer(), `runs/${run}/`);
  await removeAll(control, `runs/${run}/`);
  await removeAll(control, reusedBy(run));
  const entry = newestFirst(run, new Date(startedAt));
  for (const status of FINAL_STATUSES) await remove(control, statusPrefix(status) + entry);
  await remove(control, ALL_RUNS + entry);
  await remove(control, pipelinePrefix(pipeline) + entry);
}

type Container = Awaited<ReturnType<typeof workContainer>>;

/** A run and where the indexes have it. */
export interface RunKey {
  run: string;
  pipeline: string;
  startedAt: number;
  metadata: Record<string, string>;
}

async function removeAll(container: Container, prefix: string): Promise<void> {
  await eachLimited(list(container, prefix), IN_FLIGHT, ({ name }) => remove(container, name));
}
