import { create, readJson, remove, replace } from '../azure/blobs.ts';
import { controlContainer } from '../azure/storage.ts';

const blobName = (pipeline: string): string => `schedules/${pipeline}.json`;

/** `schedules/{pipeline}.json`: up to when a schedule's times have been dealt with, in ISO 8601; null before the first. */
export async function scheduledUpTo(pipeline: string): Promise<string | null> {
  const found = await readJson<{ upTo: string }>(await controlContainer(), blobName(pipeline));
  return found?.value.upTo ?? null;
}

/** Moves that on, never back. */
export async function setScheduledUpTo(pipeline: string, upTo: string): Promise<void> {
  const control = await controlContainer();
  const name = blobName(pipeline);
  const body = JSON.stringify({ upTo });
  for (;;) {
    const found = await readJson<{ upTo: string }>(control, name);
    if (found && found.value.upTo >= upTo) return;
    const written = found
      ? await replace(control, name, body, found.etag)
      : await create(control, name, body);
    if (written) return;
  }
}

/** Forgets a pipeline's schedule. */
export async function forgetSchedule(pipeline: string): Promise<void> {
  await remove(await controlContainer(), blobName(pipeline));
}
