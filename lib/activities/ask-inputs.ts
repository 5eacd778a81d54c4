import { list, stat } from '../azure/blobs.ts';
import { existingContainer } from '../azure/download.ts';
import { addressable, blobUrl } from '../azure/sas.ts';
import { statusOf } from '../azure/storage.ts';
import { SluiceError } from '../errors.ts';
import { type AskedInput, readAskedBlob } from '../plan/asked-inputs.ts';
import { matcher } from '../plan/drop.ts';
import { list as listSchema } from '../plan/fields/items.ts';
import { dropHash } from '../plan/ids.ts';
import type { Pipeline } from '../plan/pipeline-schema.ts';
import type { Input } from '../plan/plan.ts';
import { clash, describeClash } from '../plan/variables.ts';
import { eachLimited } from '../store/concurrency.ts';
import type { Row } from '../store/ledger.ts';
import type { RunRequest } from '../store/requests.ts';

/** Blobs looked at at once. */
const IN_FLIGHT = 16;
/** Blobs that a request may come to. */
const MOST_BLOBS = 100_000;

/** What a request's `inputs` come to for a pipeline. Throws `InvalidRequest`. */
export async function resolveInputs(
  { on, params, tasks }: Pipeline,
  inputs: AskedInput[] | null,
  now: Date,
): Promise<{ rows: Row[]; list: RunRequest['list'] }> {
  if (tasks.forEach === 'list') {
    if (inputs === null && !tasks.list) {
      throw invalid(
        `'inputs' must be a list of objects, since the pipeline has no tasks.list; on the command line, add --input '{"NAME":"VALUE"}' for each`,
      );
    }
    return { rows: [], list: inputs && readList(inputs, Object.keys(params)) };
  }
  const from = tasks.forEach === 'lines' && tasks.lines?.from ? 'tasks.lines.from' : null;
  const own = ['matrix', 'prefix'].includes(tasks.forEach) ? `tasks.${tasks.forEach}` : from;
  if (own !== null) {
    if (inputs !== null) throw invalid(`'inputs' must be left out, since items come from ${own}`);
    return { rows: [], list: null };
  }
  if (inputs === null) throw invalid(missing(on.drop?.container));
  const blobs = await blobsOf(inputs, on.drop?.container ?? null);
  return { rows: blobs.map((blob) => rowOf(blob, now)), list: null };
}

function missing(watched: string | undefined): string {
  const example = watched === undefined ? `'{"container":"CONTAINER","name":"NAME"}'` : 'NAME';
  return `'inputs' is missing: it must name at least one blob; on the command line, add --input ${example} for each`;
}

function invalid(what: string): SluiceError {
  return new SluiceError('InvalidRequest', `${what}.`);
}

function readList(inputs: AskedInput[], taken: string[]): RunRequest['list'] {
  const read = listSchema.safeParse(inputs);
  if (!read.success) {
    const [issue] = read.error.issues;
    const at = issue?.path.map(String).join('.') ?? '';
    throw invalid(
      `'inputs' must be objects of text, numbers or booleans; inputs.${at}: ${issue?.message}`,
    );
  }
  for (const [index, row] of read.data.entries()) {
    const clashing = clash([
      ...taken.map((name) => ({ name, of: 'parameter' })),
      ...Object.keys(row).map((name) => ({ name, of: 'field' })),
    ]);
    if (clashing) throw invalid(`inputs.${index}: ${describeClash(clashing)}`);
  }
  return read.data;
}

async function blobsOf(inputs: AskedInput[], watched: string | null): Promise<Input[]> {
  const blobs = new Map<string, Input>();
  const absent: string[] = [];
  const add = (blob: Input): void => {
    blobs.set(`${blob.container}/${blob.name}`, blob);
    if (blobs.size > MOST_BLOBS) throw invalid(`'inputs' come to more than ${MOST_BLOBS} blobs`);
  };
  await eachLimited(inputs, IN_FLIGHT, async (input) => {
    const read = readAskedBlob(input, { watched, accountUrl: blobUrl('').slice(0, -1) });
    if ('fault' in read) throw invalid(read.fault);
    const before = blobs.size;
    if ('prefix' in read) {
      for await (const blob of underPrefix(read)) add(blob);
      if (blobs.size === before) absent.push(`${read.container}/${read.prefix}*`);
      return;
    }
    const found = await blobAt(read);
    if (found) add(found);
    else absent.push(`${read.container}/${read.name}`);
  });
  if (absent.length > 0) throw notThere(absent.toSorted());
  return [...blobs.values()];
}

async function* underPrefix(asked: {
  container: string;
  prefix: string;
  match: string[];
}): AsyncGenerator<Input> {
  const { container, prefix, match } = asked;
  const isWanted = matcher(match);
  try {
    for await (const { name, etag, size } of list(await existingContainer(container), prefix)) {
      if (isWanted(name) && addressable(name)) yield { container, name, etag, size };
    }
  } catch (error) {
    if (statusOf(error) !== 404) throw error;
  }
}

async function blobAt({
  container,
  name,
}: {
  container: string;
  name: string;
}): Promise<Input | null> {
  if (!addressable(name)) return null;
  const found = await stat(await existingContainer(container), name);
  return found && { container, name, etag: found.etag, size: found.size };
}

function notThere(missing: string[]): SluiceError {
  const some = missing.slice(0, 5).map((name) => JSON.stringify(name));
  const more = missing.length > some.length ? ` and ${missing.length - some.length} more` : '';
  return invalid(`'inputs' must name blobs that are there; there is no ${some.join(', ')}${more}`);
}

function rowOf(blob: Input, now: Date): Row {
  const hash = dropHash(blobUrl(blob.container, blob.name), blob.etag);
  return { ...blob, hash, sequencer: '', arrivedAt: now.getTime(), state: 'pending' };
}
