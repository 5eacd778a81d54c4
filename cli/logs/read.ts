import type { Api } from '../api/client.ts';
import { runPath } from '../api/runs.ts';
import type { LoggedItem } from './items.ts';

/** The most of the end of a log that the API gives at once. */
const MOST_BYTES = 1024 * 1024;

export interface Printed {
  stream: 'stdout' | 'stderr';
  text: string;
  /** Bytes of the whole log, of which the text may be only the end. */
  size: number;
}

/** What an item's latest attempt printed, stdout first; a stream to which nothing was printed is left out. */
export async function readLogs(
  api: Api,
  wanted: { run: string; item: LoggedItem; stdout: boolean; stderr: boolean },
): Promise<Printed[]> {
  const { run, item } = wanted;
  const printed: Printed[] = [];
  if (item.attempt === 0) return printed;
  for (const stream of ['stdout', 'stderr'] as const) {
    if (!wanted[stream]) continue;
    const query = `bytes=${MOST_BYTES}&attempt=${item.attempt}`;
    const found = await api.findText(`${runPath(run)}/items/${item.id}/${stream}?${query}`);
    if (!found) continue;
    const { text, headers } = found;
    const size = Number(headers.get('x-sluice-size') ?? Buffer.byteLength(text));
    printed.push({ stream, text, size });
  }
  return printed;
}
