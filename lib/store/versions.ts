import { create, readJson, replace, stat } from '../azure/blobs.ts';
import { existingContainer } from '../azure/download.ts';
import { blobUrl } from '../azure/sas.ts';
import { controlContainer } from '../azure/storage.ts';
import { type Drop, isLaterVersion } from '../plan/drop.ts';
import { sha256 } from '../plan/ids.ts';

/** `versions/{pipeline}/{hash of URL}`: the newest version of a blob that was heard of. */
type Latest = Pick<Drop, 'etag' | 'sequencer'>;

/** Without the order of both, storage knows which version stands; of a blob that is gone the one heard of last counts. */
async function isNewer(drop: Drop, known: Latest): Promise<boolean> {
  const { sequencer, container, name } = drop;
  if (sequencer === '' || known.sequencer === '') {
    const now = await stat(await existingContainer(container), name);
    if (now) return now.etag === drop.etag;
  }
  return isLaterVersion(sequencer, known.sequencer, true);
}

/** Notes a version of a blob; whether it is the newest so far. Events may come in any order. */
export async function noteVersion(pipeline: string, drop: Drop): Promise<boolean> {
  const control = await controlContainer();
  const url = blobUrl(drop.container, drop.name);
  const name = `versions/${pipeline}/${sha256(url).slice(0, 40)}`;
  const { etag, sequencer } = drop;
  const body = JSON.stringify({ etag, sequencer });
  for (;;) {
    if (await create(control, name, body)) return true;
    const found = await readJson<Latest>(control, name);
    if (!found) continue;
    if (found.value.etag === etag) return true;
    if (!(await isNewer(drop, found.value))) return false;
    if (await replace(control, name, body, found.etag)) return true;
  }
}
