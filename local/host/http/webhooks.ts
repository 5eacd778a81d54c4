import { durablePath } from '../durable/client-binding.ts';
import { sendEmpty } from './exchange.ts';
import type { Extension, Keys } from './keys.ts';
import type { Handler } from './server.ts';

/** Lets through to an extension's endpoint only requests that have its key. */
export function withExtensionKey(
  handler: Handler,
  extension: Extension,
  keys: Keys | undefined,
): Handler {
  if (!keys) return handler;
  return (exchange) => {
    const path = exchange.path.slice(0, 3).join('/').toLowerCase();
    if (path !== `runtime/webhooks/${extension}`) return false;
    if (keys.allowsExtension(exchange, extension)) return handler(exchange);
    sendEmpty(exchange.response, 401);
    return true;
  };
}

/** Serves at `path` what a handler serves below /runtime/webhooks/durabletask. */
export function servedAt(path: string, handler: Handler): Handler {
  const [first = ''] = path.split('/').filter((part) => part !== '');
  const root = durablePath.slice(1).split('/');
  return (exchange) =>
    exchange.path[0] === first &&
    handler({ ...exchange, path: [...root, ...exchange.path.slice(1)] });
}
