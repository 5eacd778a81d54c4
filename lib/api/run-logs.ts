import { Hono } from 'hono';
import { list, readTail } from '../azure/blobs.ts';
import { workContainer } from '../azure/storage.ts';
import { itemLog, TAIL_BYTES } from '../activities/tails.ts';
import { SluiceError } from '../errors.ts';
import { isRunId } from '../plan/ids.ts';
import { getRun } from '../store/runs.ts';

const MOST_BYTES = 1024 * 1024;

/** `GET /api/runs/{id}/items/{item}/stderr` and `/stdout`: the end of what an attempt printed, the latest one's at first. */
export function logRoutes(): Hono {
  const routes = new Hono();
  for (const stream of ['stdout', 'stderr'] as const) {
    routes.get(`/:item/${stream}`, async (c) => {
      const id = c.req.param('id') ?? '';
      if (!isRunId(id)) throw new SluiceError('NotFound', `There is no run '${id}'.`);
      await getRun(id);
      const bytes = wholeNumber('bytes', c.req.query('bytes'), MOST_BYTES) ?? TAIL_BYTES;
      const attempt = wholeNumber('attempt', c.req.query('attempt'), 1000);
      const { text, size } = await printed({
        run: id,
        item: c.req.param('item'),
        attempt,
        stream,
        bytes,
      });
      return c.body(text, 200, {
        'content-type': 'text/plain; charset=utf-8',
        'x-sluice-size': String(size),
      });
    });
  }
  return routes;
}

function wholeNumber(name: string, text: string | undefined, most: number): number | undefined {
  if (text === undefined) return undefined;
  const number = Number(text);
  if (Number.isInteger(number) && number >= 1 && number <= most) return number;
  throw new SluiceError(
    'InvalidRequest',
    `'${name}' must be a whole number from 1 to ${most}, not '${text}'.`,
  );
}

async function printed(what: {
  run: string;
  item: string;
  attempt: number | undefined;
  stream: 'stdout' | 'stderr';
  bytes: number;
}): Promise<{ text: string; size: number }> {
  const { run, item, stream, bytes } = what;
  const attempt = /^\d{6,}$/.test(item)
    ? (what.attempt ?? (await latestAttempt(run, item, stream)))
    : undefined;
  const found =
    attempt === undefined
      ? null
      : await readTail(await workContainer(), itemLog(run, item, attempt, stream), bytes);
  if (found) return found;
  const which = what.attempt === undefined ? 'no attempt' : `attempt ${what.attempt}`;
  throw new SluiceError(
    'NotFound',
    `${which} at item ${item} of run ${run} left a ${stream}: it printed nothing, it was not run, its node was lost, or its logs were not kept.`,
  );
}

async function latestAttempt(
  run: string,
  item: string,
  stream: string,
): Promise<number | undefined> {
  const prefix = `runs/${run}/logs/${item}/`;
  const attempts: number[] = [];
  for await (const { name } of list(await workContainer(), prefix)) {
    const match = /^a(\d+)\/(.+)\.txt$/.exec(name.slice(prefix.length));
    if (match?.[2] === stream) attempts.push(Number(match[1]));
  }
  return attempts.length > 0 ? Math.max(...attempts) : undefined;
}
