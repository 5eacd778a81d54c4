import { Hono } from 'hono';
import { itemLog, TAIL_BYTES } from '../activities/tails.ts';
import { list, readRange, readTail } from '../azure/blobs.ts';
import { signer } from '../azure/sas.ts';
import { workContainer } from '../azure/storage.ts';
import { SluiceError } from '../errors.ts';
import { isRunId } from '../plan/ids.ts';
import { WORK_CONTAINER } from '../plan/pipeline-schema.ts';
import { getRun } from '../store/runs.ts';
import { problem } from './problem.ts';
import { readQuery } from './read.ts';
import { logQuery } from './schemas.ts';

/** Most bytes that one answer to a Range carries. */
const MOST_BYTES = 1024 * 1024;

type Stream = 'stdout' | 'stderr';

/**
 * `GET /api/runs/{id}/items/{item}/stderr` and `/stdout`: what an attempt printed, the latest one's at first. The end
 * of it, or a Range, or a redirect to the whole.
 */
export function logRoutes(): Hono {
  const routes = new Hono();
  for (const stream of ['stdout', 'stderr'] as const) {
    routes.get(`/:item/${stream}`, async (c) => {
      const { attempt, bytes = TAIL_BYTES, whole } = readQuery(logQuery, c.req.query());
      const name = await logOf({
        run: c.req.param('id') ?? '',
        item: c.req.param('item'),
        attempt,
        stream,
      });
      if (whole) return c.redirect((await signer(new Date())).readBlob(WORK_CONTAINER, name), 307);
      const range = rangeOf(c.req.header('range'));
      return range ? answerRange(name, range) : answerTail(name, bytes);
    });
  }
  return routes;
}

/** The blob with the log that is asked for. Throws `NotFound`. */
async function logOf(what: {
  run: string;
  item: string;
  attempt: number | undefined;
  stream: Stream;
}): Promise<string> {
  const { run, item, stream } = what;
  if (!isRunId(run)) throw new SluiceError('NotFound', `There is no run '${run}'.`);
  await getRun(run);
  const attempts = /^\d{6,}$/.test(item) ? await attemptsWith(run, item, stream) : [];
  const attempt = what.attempt ?? Math.max(...attempts);
  if (attempts.includes(attempt)) return itemLog(run, item, attempt, stream);
  const which = what.attempt === undefined ? 'no attempt' : `attempt ${what.attempt}`;
  const verb = what.attempt === undefined ? 'left' : 'did not leave';
  throw new SluiceError(
    'NotFound',
    `${which} at item ${item} of run ${run} ${verb} a ${stream}: it printed nothing, it was not run, its node was lost, or its logs were not kept.`,
  );
}

async function attemptsWith(run: string, item: string, stream: Stream): Promise<number[]> {
  const prefix = `runs/${run}/logs/${item}/`;
  const attempts: number[] = [];
  for await (const { name } of list(await workContainer(), prefix)) {
    const match = /^a(\d+)\/(.+)\.txt$/.exec(name.slice(prefix.length));
    if (match?.[2] === stream) attempts.push(Number(match[1]));
  }
  return attempts;
}

/** One range from a first byte on; anything else is answered as if it were not there, which RFC 9110 allows. */
function rangeOf(header: string | undefined): { start: number; end: number } | null {
  const [, from, to] = /^bytes=(\d{1,15})-(\d{0,15})$/.exec(header ?? '') ?? [];
  if (from === undefined) return null;
  const start = Number(from);
  const end = to ? Number(to) : Number.POSITIVE_INFINITY;
  return end < start ? null : { start, end: Math.min(end, start + MOST_BYTES - 1) };
}

const TEXT = { 'content-type': 'text/plain; charset=utf-8' };

async function answerRange(name: string, range: { start: number; end: number }): Promise<Response> {
  const { bytes, size } = (await readRange(await workContainer(), name, range)) ?? gone(name);
  if (bytes.length === 0) {
    const detail = `The log has ${size} bytes, so there is none at ${range.start}.`;
    const refused = problem(416, 'InvalidRequest', detail);
    refused.headers.set('content-range', `bytes */${size}`);
    return refused;
  }
  const last = range.start + bytes.length - 1;
  return new Response(new Uint8Array(bytes), {
    status: 206,
    headers: { ...TEXT, 'content-range': `bytes ${range.start}-${last}/${size}` },
  });
}

async function answerTail(name: string, bytes: number): Promise<Response> {
  const { text, size } = (await readTail(await workContainer(), name, bytes)) ?? gone(name);
  return new Response(text, { headers: { ...TEXT, 'x-sluice-size': String(size) } });
}

function gone(name: string): never {
  throw new SluiceError('NotFound', `${name} was removed just now.`);
}
