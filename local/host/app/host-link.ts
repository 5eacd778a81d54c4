import { messageOf, stackOf } from './errors.ts';
import type { FromApp, ToApp } from './messages.ts';
import { startWatcher } from './watcher.ts';

/** The app process's end of its channel to the host. */
export interface HostLink {
  send(message: FromApp): void;
}

/** Opens the channel. The process ends when the host does. */
export function connectHost(receive: (message: ToApp) => void): HostLink {
  if (!process.send) throw new Error('This file is started by the Functions host.');
  const post = process.send.bind(process);
  let waiting: FromApp[] = [];
  const flush = (): void => {
    const batch = waiting;
    waiting = [];
    if (process.connected) postBatch(post, batch);
  };
  process.on('message', (batch: ToApp[]) => batch.forEach(receive));
  process.on('disconnect', () => process.exit(0));
  startWatcher();
  return {
    send(message) {
      if (waiting.push(message) === 1) setImmediate(flush);
    },
  };
}

type Post = (message: FromApp[]) => boolean;

// One value that cannot be sent must not take the rest of its batch with it.
function postBatch(post: Post, batch: FromApp[]): void {
  try {
    post(batch);
  } catch (error) {
    const [only, ...others] = batch;
    if (others.length > 0) batch.forEach((message) => postBatch(post, [message]));
    else if (only?.kind === 'result') post([unsendable(only.id, error)]);
    else throw error;
  }
}

function unsendable(id: number, cause: unknown): FromApp {
  const message = `What the function returned cannot be sent to the host: ${messageOf(cause)}`;
  return { kind: 'failure', id, error: { message, stack: stackOf(cause) } };
}
