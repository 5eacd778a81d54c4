import { z } from 'zod';
import { CONTROL_CONTAINER, glob } from './fields/names.ts';

/** One of the `inputs` of a request: a blob's name or URL, an object that tells of blobs, or an object of a list. */
export type AskedInput = string | Record<string, unknown>;

/** Blobs that a request asks for, or what is wrong with it. */
export type AskedBlob =
  | { container: string; name: string }
  | { container: string; prefix: string; match: string[] }
  | { fault: string };

const asked = z.union([
  z.strictObject({ container: z.string().optional(), name: z.string().min(1).max(1024) }),
  z.strictObject({
    container: z.string().optional(),
    prefix: z.string().max(1024),
    match: z.array(glob).min(1).max(100).default(['**']),
  }),
]);

/** Reads one input; names alone are of the `watched` container, and `accountUrl` is the only account that has blobs for us. */
export function readAskedBlob(
  input: AskedInput,
  { watched, accountUrl }: { watched: string | null; accountUrl: string },
): AskedBlob {
  const read = typeof input === 'string' ? readText(input, accountUrl) : readObject(input);
  if ('fault' in read) return read;
  const container = read.container ?? watched;
  if (container === null) {
    const fault = `'inputs' must tell the container, since the pipeline watches none: { "container": "…", "name": "…" } or a URL; ${show(input)} does not`;
    return { fault };
  }
  if (
    !/^(?!.*--)[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/.test(container) ||
    container === CONTROL_CONTAINER
  ) {
    return {
      fault: `'inputs' must be of a container that may be read; ${show(container)} may not`,
    };
  }
  return { ...read, container };
}

type Partly =
  | { container: string | undefined; name: string }
  | { container: string | undefined; prefix: string; match: string[] }
  | { fault: string };

function readText(text: string, accountUrl: string): Partly {
  if (!/^https?:\/\//i.test(text)) return { container: undefined, name: text };
  const path = text.startsWith(`${accountUrl}/`) ? text.slice(accountUrl.length + 1) : null;
  const [, container, name] = /^([^/?#]+)\/([^?#]+)/.exec(path ?? '') ?? [];
  const decoded = name === undefined ? null : decode(name);
  if (container === undefined || decoded === null) {
    return { fault: `'inputs' may have URLs of blobs below ${accountUrl}/; ${show(text)} is none` };
  }
  return { container, name: decoded };
}

function decode(name: string): string | null {
  try {
    return decodeURIComponent(name);
  } catch {
    return null;
  }
}

function readObject(input: Record<string, unknown>): Partly {
  const read = asked.safeParse(input);
  if (!read.success) {
    return {
      fault: `'inputs' must be names or URLs of blobs, { container, name } or { container, prefix, match }; ${show(input)} is none of these`,
    };
  }
  return { ...read.data, container: read.data.container };
}

function show(value: unknown): string {
  const text = JSON.stringify(value);
  return text.length > 200 ? `${text.slice(0, 197)}...` : text;
}
