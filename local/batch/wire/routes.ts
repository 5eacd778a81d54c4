import { operationsTable } from './operations-table.ts';
import { BatchError } from './errors.ts';

/** One operation of the service and the shape of its URL. */
export interface Route {
  operation: string;
  method: string;
  pattern: RegExp;
  names: readonly string[];
}

/** Which operation a request is for, with the decoded parts of its path. */
export interface Match {
  operation: string;
  params: Record<string, string>;
}

/** Finds the operation of a method and an encoded path; throws InvalidUri or UnsupportedHttpVerb when there is none. */
export function matchRoute(method: string, path: string): Match {
  const trimmed = path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path;
  let known = false;
  for (const route of routes) {
    const match = route.pattern.exec(trimmed);
    if (match === null) continue;
    known = true;
    if (route.method === method) {
      return { operation: route.operation, params: decode(route, match) };
    }
  }
  throw new BatchError(known ? 'UnsupportedHttpVerb' : 'InvalidUri');
}

/** All operations, in the order of the service's description. */
export const routes: readonly Route[] = operationsTable.trim().split('\n').map(parseLine);

function parseLine(line: string): Route {
  const [operation = '', method = '', template = ''] = line.trim().split(' ');
  const names: string[] = [];
  const source = template.replace(/\{(\w+)\}|[^{]+/g, (text, name: string | undefined) => {
    if (name === undefined) return text.replace(/[()]/g, '\\$&');
    names.push(name);
    // A file's path may come as one encoded segment or with plain slashes.
    return name === 'filePath' ? '(.+)' : '([^/]+?)';
  });
  return { operation, method, pattern: new RegExp(`^${source}$`), names };
}

function decode(route: Route, match: RegExpExecArray): Record<string, string> {
  const params: Record<string, string> = {};
  try {
    route.names.forEach(
      (name, index) => (params[name] = decodeURIComponent(match[index + 1] ?? '')),
    );
  } catch {
    throw new BatchError('InvalidUri', {
      message: 'The path of the request is not correctly percent-encoded.',
    });
  }
  return params;
}
