import { constants, type Stats } from 'node:fs';
import { open, rm, rmdir, stat } from 'node:fs/promises';
import type { Account } from '../account.ts';
import { fullPath, innerPath, type FindPlace, type Place } from '../files/place.ts';
import { fileHeaders, fileProperties, modified } from '../files/properties.ts';
import { readRange } from '../files/range.ts';
import { walk } from '../files/walk.ts';
import { fileFilters } from '../odata/filter-tables.ts';
import { answerList } from '../odata/list.ts';
import type { Call, Reply } from '../wire/call.ts';
import { readAllowed } from '../wire/conditions.ts';
import { BatchError, invalidQuery } from '../wire/errors.ts';

type FileOperation = (account: Account, call: Call) => Promise<Reply>;

/** File_ListFromTask and File_ListFromComputeNode, ordered by name. */
export function listFiles(find: FindPlace): FileOperation {
  return async (account, call) => {
    const recursive = isRecursive(call);
    const place = await find(account, call);
    return answerList(call, {
      kind: 'files',
      items: await walk(place.directory, { recursive }),
      key: (entry) => entry.name,
      filters: fileFilters,
      property: (entry) => entry.name,
      render: ({ name, stats }) => ({
        name,
        url: urlOf(place, name),
        isDirectory: stats.isDirectory(),
        ...(!stats.isDirectory() && { properties: fileProperties(stats) }),
      }),
      selectable: [],
    });
  };
}

/** File_GetFromTask and File_GetFromComputeNode: the file's bytes, or a range of them, both with 200. */
export function getFile(find: FindPlace): FileOperation {
  return async (account, call) => {
    const place = await find(account, call);
    // Without waiting for a writer, should it be a pipe.
    const flags = constants.O_RDONLY | constants.O_NONBLOCK;
    const handle = await open(fullPath(place, call), flags).catch(notFound);
    try {
      const stats = await handle.stat();
      if (!stats.isFile()) throw notAFile(stats);
      const reply = unlessUnmodified(call, { place, stats });
      if (reply.status === 200) {
        const { headers } = call;
        const asked = headers['ocp-range'] ?? headers.range;
        const range = readRange(asked === undefined ? undefined : String(asked), stats.size);
        reply.content = { handle, ...range };
        reply.headers = { ...reply.headers, 'Content-Length': String(range.length) };
      } else await handle.close();
      return reply;
    } catch (error) {
      await handle.close();
      throw error;
    }
  };
}

/** File_GetPropertiesFromTask and File_GetPropertiesFromComputeNode, of directories, too. */
export function getFileProperties(find: FindPlace): FileOperation {
  return async (account, call) => {
    const place = await find(account, call);
    const stats = await stat(fullPath(place, call)).catch(notFound);
    const reply = unlessUnmodified(call, { place, stats });
    if (reply.status === 304) return reply;
    const size = stats.isDirectory() ? 0 : stats.size;
    return { ...reply, headers: { ...reply.headers, 'Content-Length': String(size) } };
  };
}

/** File_DeleteFromTask and File_DeleteFromComputeNode. */
export function deleteFile(find: FindPlace): FileOperation {
  return async (account, call) => {
    const recursive = isRecursive(call);
    const place = await find(account, call);
    const path = fullPath(place, call);
    if (path === place.directory) throw new BatchError('FileNotFound');
    const stats = await stat(path).catch(notFound);
    if (stats.isDirectory() && !recursive) await rmdir(path).catch(notEmpty);
    else await rm(path, { recursive, force: true });
    return { status: 200 };
  };
}

function unlessUnmodified(call: Call, { place, stats }: { place: Place; stats: Stats }): Reply {
  const changed = modified(stats);
  // Files have no ETags; only the conditions on times mean something.
  if (!readAllowed(call, changed)) return { status: 304 };
  return { status: 200, headers: fileHeaders(stats, urlOf(place, innerPath(call))) };
}

function urlOf(place: Place, name: string): string {
  return `${place.url}/${name.split('/').map(encodeURIComponent).join('/')}`;
}

function isRecursive(call: Call): boolean {
  const text = call.query.get('recursive') ?? 'false';
  if (/^(true|false)$/i.test(text)) return text.toLowerCase() === 'true';
  throw invalidQuery('recursive', text, 'It must be true or false.');
}

function notAFile(stats: Stats): BatchError {
  const what = stats.isDirectory() ? 'a directory' : 'no regular file';
  return new BatchError('OperationInvalidForCurrentState', {
    values: [{ key: 'Reason', value: `It is ${what}; only files have content.` }],
  });
}

function notFound(error: unknown): never {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'ENXIO' || code === 'ENAMETOOLONG') {
    throw new BatchError('FileNotFound');
  }
  throw error;
}

function notEmpty(error: unknown): never {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code !== 'ENOTEMPTY') throw error;
  throw new BatchError('OperationInvalidForCurrentState', {
    values: [{ key: 'Reason', value: 'The directory is not empty; use recursive=true.' }],
  });
}
