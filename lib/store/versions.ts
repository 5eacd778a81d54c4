import { create, readJson, replace } from '../azure/blobs.ts';
import { blobUrl } from '../azure/sas.ts';
import { controlContainer } from '../azure/storage.ts';
import { type Drop, isLaterVersion } from '../plan/drop.ts';
import { sha256 } from '../plan/ids.ts';

/** `versions/{pipeline}/{hash of URL}`: the newest version of a blob that was heard of. */
type Latest = Pick<Drop, 'etag' | 'sequencer'>;

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
    if (!isLaterVersion(sequencer, found.value.sequencer, true)) return false;
    if (await replace(control, name, body, found.etag)) return true;
  }
}
