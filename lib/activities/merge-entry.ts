import { blobUrl } from '../azure/sas.ts';
import { attempt, manifestFile, type ManifestMerge } from '../plan/manifest.ts';
import { attemptKey } from '../plan/outcome.ts';
import { WORK_CONTAINER } from '../plan/pipeline-schema.ts';
import type { ItemRecord } from '../plan/record.ts';
import { MERGE_TASK } from '../plan/task-spec.ts';
import { listOutputs, listRecords } from './evidence.ts';
import { mergeSkipped } from './merge.ts';

/** What became of a run's merge, from what its task left. */
export async function mergeEntry(
  run: string,
  counts: { succeeded: number; failed: number },
  tolerated: number,
): Promise<ManifestMerge> {
  const skipped = mergeSkipped(counts, tolerated);
  if (skipped) {
    return { status: 'Skipped', cause: null, message: skipped, outputs: [], attempts: [] };
  }
  const folder = `runs/${run}/merge/`;
  const key = attemptKey('merge', 1);
  const record = (await listRecords(`${folder}records/`)).get(key) ?? null;
  const outputs = (await listOutputs(`${folder}out/`, '')).get(key) ?? [];
  const urlOf = (path: string): string => blobUrl(WORK_CONTAINER, folder + path);
  return {
    ...verdict(record, outputs.length),
    outputs: outputs.map(manifestFile),
    attempts: [attempt(MERGE_TASK, record, urlOf)],
  };
}

function verdict(
  record: ItemRecord | null,
  listed: number,
): Pick<ManifestMerge, 'status' | 'cause' | 'message'> {
  if (!record) {
    const message = 'the merge task ended without a record; its stderr.txt is on the node';
    return { status: 'Failed', cause: 'Node', message };
  }
  if (record.cause !== 'ok') {
    return { status: 'Failed', cause: record.cause, message: `exit code ${record.exit}` };
  }
  if (listed < record.outputs) {
    return {
      status: 'Failed',
      cause: 'Upload',
      message: `${listed} of ${record.outputs} outputs are in storage`,
    };
  }
  return { status: 'Succeeded', cause: null, message: null };
}
