import picomatch from 'picomatch';
import { CONTROL_CONTAINER, WORK_CONTAINER } from './pipeline-schema.ts';

/** One committed version of one blob. `size` in bytes; `sequencer` orders versions of the same blob, '' where unknown. */
export interface Drop {
  container: string;
  name: string;
  etag: string;
  size: number;
  sequencer: string;
}

/** What an event comes to. */
export type EventReading =
  | { drop: Drop }
  /** The blob is complete, but the event does not tell its version: an ADLS rename. */
  | { lookUp: Pick<Drop, 'container' | 'name' | 'sequencer'> }
  /** None of our business, or nothing that can be understood. */
  | { ignored: string; malformed: boolean };

/** Only these leave a complete blob behind; an ADLS CreateFile, say, announces an empty one. */
const COMMITTING = new Set(['PutBlob', 'PutBlockList', 'CopyBlob', 'FlushWithClose']);

const SUBJECT = /^\/blobServices\/default\/containers\/([^/]+)\/blobs\/(.+)$/s;

/** Reads an event of whatever form; `account` is the only storage account whose events count. */
export function readEvent(event: unknown, account: string): EventReading {
  const { eventType, topic, subject, data } = fields(event);
  const { api, eTag, contentLength, sequencer } = fields(data);
  const renamed = eventType === 'Microsoft.Storage.BlobRenamed' && api === 'RenameFile';
  if (eventType !== 'Microsoft.Storage.BlobCreated' && !renamed) {
    return ignored(`it is of the type ${show(eventType)}`);
  }
  if (!renamed && !COMMITTING.has(text(api))) {
    return ignored(`${show(api)} leaves no complete blob`);
  }
  if (accountOf(topic) !== account.toLowerCase()) {
    return ignored(`its topic is ${show(topic)}, and only the account ${account} is watched`);
  }
  const [, container, name] = SUBJECT.exec(text(subject)) ?? [];
  if (!container || !name) return malformed(`its subject ${show(subject)} names no blob`);
  if (container === CONTROL_CONTAINER || container === WORK_CONTAINER) {
    return ignored('it is of a container of our own');
  }
  const at = { container, name, sequencer: text(sequencer) };
  if (!text(eTag)) return { lookUp: at };
  const size = typeof contentLength === 'number' && contentLength >= 0 ? contentLength : 0;
  return { drop: { ...at, etag: quoted(text(eTag)), size } };
}

function fields(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** The storage account that a topic names; account names are unique in all of Azure. */
function accountOf(topic: unknown): string | undefined {
  return /\/Microsoft\.Storage\/storageAccounts\/([^/]+)$/i.exec(text(topic))?.[1]?.toLowerCase();
}

function ignored(reason: string): EventReading {
  return { ignored: reason, malformed: false };
}

function malformed(reason: string): EventReading {
  return { ignored: reason, malformed: true };
}

function show(value: unknown): string {
  return (JSON.stringify(value) ?? 'absent').slice(0, 200);
}

/** Event Grid's documentation shows ETags with and without quotes; listings and headers have them. */
export function quoted(etag: string): string {
  return etag.startsWith('"') || etag.startsWith('W/') ? etag : `"${etag}"`;
}

/** Whether the version `a` of a blob came after `b`; without a sequencer on both, `unknown` decides. */
export function isLaterVersion(a: string, b: string, unknown: boolean): boolean {
  if (a === '' || b === '' || a === b) return unknown;
  // They compare as text once they are equally long.
  const length = Math.max(a.length, b.length);
  return a.padStart(length, '0') > b.padStart(length, '0');
}

/** Whether the pipeline watches this blob. */
export function matches(
  watch: { container: string; match: string[] },
  drop: Pick<Drop, 'container' | 'name'>,
): boolean {
  return drop.container === watch.container && matcher(watch.match)(drop.name);
}

/** A test of blob names against a pipeline's globs; dot-files and line breaks count like anything else. */
export function matcher(globs: string[]): (name: string) => boolean {
  const test = picomatch(globs, { dot: true, flags: 's' });
  return (name) => test(plainSegments(name));
}

/** To a glob `.`, `..` and nothing are folders that it never enters; in a blob's name they are text like any other. */
function plainSegments(name: string): string {
  const plain = (segment: string): string => (/^\.{0,2}$/.test(segment) ? `_${segment}` : segment);
  return name.split('/').map(plain).join('/');
}

/** What the names of all blobs that match one of the globs begin with. */
export function commonBase(globs: string[]): string {
  const bases = globs.map((glob) => plainStart(glob));
  return bases.reduce((common, base) => {
    let length = 0;
    while (length < common.length && common[length] === base[length]) length++;
    return common.slice(0, length);
  });
}

/** Up to the last slash, without it (`a/**` matches `a` too), before anything that a glob may mean differently. */
function plainStart(glob: string): string {
  const plain = /^[^*?[\](){}!+@\\|]*/.exec(glob)?.[0] ?? '';
  return plain.slice(0, Math.max(0, plain.lastIndexOf('/')));
}
