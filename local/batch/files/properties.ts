import type { Stats } from 'node:fs';
import { httpTime, isoTime, type Stamp } from '../time/stamp.ts';

/** What a list tells of a regular file. */
export function fileProperties(stats: Stats): object {
  return {
    creationTime: isoTime(created(stats)),
    lastModified: isoTime(modified(stats)),
    contentLength: stats.size,
    contentType,
    fileMode: modeOf(stats),
  };
}

/** The headers that tell the same of a file or directory. */
export function fileHeaders(stats: Stats, url: string): Record<string, string> {
  return {
    'Last-Modified': httpTime(modified(stats)),
    'ocp-creation-time': httpTime(created(stats)),
    'ocp-batch-file-isdirectory': String(stats.isDirectory()),
    'ocp-batch-file-url': url,
    'ocp-batch-file-mode': modeOf(stats),
    'Content-Type': contentType,
  };
}

/** When a file was changed last. */
export function modified(stats: Stats): Stamp {
  return Math.floor(stats.mtimeMs * 1000);
}

const contentType = 'application/octet-stream';

function created(stats: Stats): Stamp {
  // Some file systems do not know; then it is the epoch.
  return Math.floor((stats.birthtimeMs > 0 ? stats.birthtimeMs : stats.mtimeMs) * 1000);
}

function modeOf(stats: Stats): string {
  return `0${stats.mode.toString(8)}`;
}
