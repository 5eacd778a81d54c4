import picomatch from 'picomatch';
import { CONTROL_CONTAINER, WORK_CONTAINER } from './pipeline-schema.ts';

/** One committed version of one blob. `size` in bytes; `sequencer` orders versions of the same blob as text. */
export interface Drop {
  container: string;
  name: string;
  etag: string;
  size: number;
  sequencer: string;
}

/** The part of an Event Grid event that a drop is read from (schema of Microsoft.Storage.BlobCreated). */
export interface BlobEvent {
  eventType?: string;
  subject?: string;
  data?: { api?: string; eTag?: string; contentLength?: number; sequencer?: string };
}

/** Only these leave a complete blob behind; an ADLS CreateFile, say, announces an empty one. */
const COMMITTING = new Set(['PutBlob', 'PutBlockList', 'CopyBlob', 'FlushWithClose']);

const SUBJECT = /^\/blobServices\/default\/containers\/([^/]+)\/blobs\/(.+)$/s;

/** The drop that an event tells of; null for events of other kinds and of our own containers. */
export function dropOf(event: BlobEvent): Drop | null {
  const { data, subject } = event;
  if (event.eventType !== 'Microsoft.Storage.BlobCreated') return null;
  if (!data?.eTag || !COMMITTING.has(data.api ?? '')) return null;
  const [, container, name] = SUBJECT.exec(subject ?? '') ?? [];
  if (!container || !name) return null;
  if (container === CONTROL_CONTAINER || container === WORK_CONTAINER) return null;
  return {
    container,
    name,
    etag: quoted(data.eTag),
    size: data.contentLength ?? 0,
    sequencer: data.sequencer ?? '',
  };
}

/** Event Grid's documentation shows ETags with and without quotes; listings and headers have them. */
export function quoted(etag: string): string {
  return etag.startsWith('"') || etag.startsWith('W/') ? etag : `"${etag}"`;
}

/** Whether the pipeline watches this blob. */
export function matches(watch: { container: string; match: string[] }, drop: Drop): boolean {
  return drop.container === watch.container && matcher(watch.match)(drop.name);
}

/** A test of blob names against a pipeline's globs; dot-files and line breaks count like anything else. */
export function matcher(globs: string[]): (name: string) => boolean {
  return picomatch(globs, { dot: true, flags: 's' });
}
