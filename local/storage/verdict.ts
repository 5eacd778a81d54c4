import type { BlobState } from './ask.ts';
import type { Intent } from './intents.ts';

// Azurite's times are whole seconds.
const SLACK_MS = 1000;

/**
 * Whether a write whose answer was lost seems to have happened, from the blob as it stands now. In doubt it has: an
 * event too many is a duplicate, one too few is lost.
 */
export function seemsToHaveHappened({ write, at }: Intent, blob: BlobState | undefined): boolean {
  const since = at - SLACK_MS;
  if (write.api === 'DeleteBlob') return !blob || blob.createdOn >= since;
  return blob !== undefined && blob.lastModified >= since;
}

/** Whether a write that succeeded is still what the blob shows, or another one has come after it. */
export function isCurrent(eTag: string | undefined, blob: BlobState | undefined): boolean {
  return eTag === undefined ? !blob : blob?.eTag === eTag;
}
