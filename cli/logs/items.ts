import type { Api } from '../api/client.ts';
import { findManifest, runPath } from '../api/runs.ts';
import type { ManifestItem, Run, Service } from '../api/types.ts';
import { openStorage } from '../drop/storage.ts';
import { itemsOf } from '../outputs/manifest-items.ts';

/** An item that has ended, at its latest attempt. */
export interface LoggedItem {
  id: string;
  status: string;
  cause: string | null;
  /** Name of its first input; null where it has none. */
  input: string | null;
  /** 0 when it was never run. */
  attempt: number;
}

type ListedItem = Pick<ManifestItem, 'id' | 'cause' | 'inputs' | 'attempts'> & { status: string };

/** Items of a run that have ended so far, in their order, the merge last. */
export async function* endedItems(api: Api, run: Run): AsyncGenerator<LoggedItem> {
  const manifest = run.status === 'Running' ? null : await findManifest(api, run.id);
  if (!manifest) {
    yield* endedSoFar(api, run.id);
    return;
  }
  const { storage } = await api.get<Service>('');
  for await (const item of itemsOf(manifest, await openStorage(storage.blobEndpoint))) {
    yield logged(item);
  }
}

/** Pages of the items as they are while the run goes. */
async function* endedSoFar(api: Api, run: string): AsyncGenerator<LoggedItem> {
  let path: string | null = `${runPath(run)}/items`;
  while (path !== null) {
    const page: { value: ListedItem[]; next?: string | null } | null = await api.find(path);
    for (const item of page?.value ?? []) {
      if (item.status !== 'Waiting' && item.status !== 'Running') yield logged(item);
    }
    path = page?.next ? page.next.replace(/^\/api/, '') : null;
  }
}

function logged({ id, status, cause, inputs, attempts }: ListedItem): LoggedItem {
  const attempt = attempts.at(-1)?.attempt ?? 0;
  return { id, status, cause, input: inputs[0]?.name ?? null, attempt };
}
