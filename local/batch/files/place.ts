import { stat } from 'node:fs/promises';
import { join, normalize } from 'node:path';
import type { Account } from '../account.ts';
import { findNode, findTask } from '../operations/find.ts';
import { taskDirectories } from '../node/directories.ts';
import { param, type Call } from '../wire/call.ts';
import { BatchError } from '../wire/errors.ts';

/** A directory whose files are asked for: a task's, or all of a node. */
export interface Place {
  /** Absolute. */
  directory: string;
  /** URL that paths within the directory are appended to. */
  url: string;
}

/** Finds the directory that the files of a request's path are relative to; throws when there is none, or not any more. */
export type FindPlace = (account: Account, call: Call) => Promise<Place>;

/** The directory of a task, on the node where it ran last. */
export const taskPlace: FindPlace = async (account, call) => {
  const { job, row } = findTask(account, call);
  if (row.pool === null || row.node === null) throw unavailable('The task has not run yet.');
  const node = account.pools.get(row.pool.toLowerCase())?.nodes.get(row.node);
  if (node === undefined) throw unavailable(`The node ${row.node} where it ran is gone.`);
  const { task: directory } = taskDirectories(node.root, job.doc.id, row.id);
  if (row.state === 3 && !(await isDirectory(directory))) {
    throw new BatchError('TaskFilesCleanedup');
  }
  return { directory, url: `${call.baseUrl}/jobs/${job.doc.id}/tasks/${row.id}/files` };
};

/** The root directory of a node. */
export const nodePlace: FindPlace = (account, call) => {
  const node = findNode(account, call);
  const { id } = node.pool.doc;
  const url = `${call.baseUrl}/pools/${id}/nodes/${node.doc.id}/files`;
  return Promise.resolve({ directory: node.root, url });
};

/** The path that a request names, relative to its place and without a way out of it; FileNotFound when it leads outside. */
export function innerPath(call: Call): string {
  // Also with backslashes, as Windows nodes have them and some clients write them always.
  const path = normalize(param(call, 'filePath').replaceAll('\\', '/')).replace(/^\/+|\/+$/g, '');
  if (path === '..' || path.startsWith('../') || path.includes('\0')) {
    throw new BatchError('FileNotFound');
  }
  return path;
}

/** Absolute path of what a request names. */
export function fullPath(place: Place, call: Call): string {
  return join(place.directory, innerPath(call));
}

async function isDirectory(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isDirectory() ?? false;
}

function unavailable(reason: string): BatchError {
  return new BatchError('TaskFilesUnavailable', { values: [{ key: 'Reason', value: reason }] });
}
