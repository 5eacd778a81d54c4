import { setTimeout as sleep } from 'node:timers/promises';
import type { Api } from '../api/client.ts';
import { connect, type Target } from '../api/locate.ts';
import { findRun, getRun, runPath } from '../api/runs.ts';
import type { Run } from '../api/types.ts';
import { EXIT, type ExitCode } from '../errors.ts';
import { COMMAND } from '../package-root.ts';

/** Milliseconds that a run which has ended may take to clean up before it is asked anyway, and is refused. */
const CLEANING_MS = 60_000;
const BETWEEN_LOOKS_MS = 250;

/** Runs again what a run that has ended did not get done, all of it or as far as items and causes are named. */
export async function retry(
  text: string,
  options: Target & { failed?: boolean; item?: string[]; cause?: string[]; json?: boolean },
): Promise<ExitCode> {
  const api = await connect(options);
  const { id } = await findRun(api, text);
  await cleanedUp(api, id);
  const { item = [], cause = [] } = options;
  const run = await api.post<Run>(`${runPath(id)}/redrive`, { items: item, causes: cause });
  const lines = options.json
    ? JSON.stringify(run, null, 2)
    : `${run.id}  runs again, as generation ${run.generation}\nfollow it with: ${COMMAND} watch ${run.id}`;
  process.stdout.write(`${lines}\n`);
  return EXIT.done;
}

/** A run has its final state some seconds before its pool is gone, and nobody should have to know. */
async function cleanedUp(api: Api, id: string): Promise<void> {
  const deadline = Date.now() + CLEANING_MS;
  for (;;) {
    const { status, phase } = await getRun(api, id);
    if (status === 'Running' || phase === 'done' || Date.now() > deadline) return;
    await sleep(BETWEEN_LOOKS_MS);
  }
}
