import { CliError, codeOf, messageOf } from '../errors.ts';
import { describeProblem, type ProblemDocument } from './problem.ts';

const REQUEST_TIMEOUT_MS = 30_000;

/** Sluice's HTTP API at one place; every failure is a {@link CliError} that names that place. */
export interface Api {
  /** Base URL without a trailing slash, such as http://127.0.0.1:7071/api. */
  base: string;
  get<T>(path: string): Promise<T>;
  /** As `get`, with null where the answer is 404. */
  find<T>(path: string): Promise<T | null>;
  /** The body as it stands, whatever its type; null where the answer is 404. */
  findText(path: string): Promise<{ text: string; headers: Headers } | null>;
  /** As `get`, with what to do as JSON in the body. */
  post<T>(path: string, body?: object, headers?: Record<string, string>): Promise<T>;
  putYaml<T>(path: string, source: string): Promise<{ status: number; body: T }>;
  delete(path: string): Promise<void>;
}

/** An answer of the API other than success. */
export class ApiError extends CliError {
  readonly status: number;
  readonly problem: ProblemDocument;

  constructor(status: number, problem: ProblemDocument) {
    const next = status === 401 ? 'Set SLUICE_KEY to a function key of the app.' : undefined;
    super(describeProblem(problem), { next });
    this.name = 'ApiError';
    this.status = status;
    this.problem = problem;
  }
}

/** No answer at all: nobody listens, or the connection broke. */
export class UnreachableError extends CliError {}

/**
 * A client for the API at `base`; `next` says what to type when nobody answers there.
 * In Azure the function app wants a key, which SLUICE_KEY gives.
 */
export function createApi(base: string, next: string): Api {
  const call = async (path: string, init?: RequestInit): Promise<Response> => {
    const response = await send(base + path, next, init);
    if (!response.ok) throw new ApiError(response.status, await problemOf(response));
    return response;
  };
  const get = async <T>(path: string) => json<T>(await call(path));
  return {
    base,
    get,
    find: <T>(path: string) => orNull(() => get<T>(path)),
    findText: (path) =>
      orNull(async () => {
        const response = await call(path);
        return { text: await response.text(), headers: response.headers };
      }),
    async post<T>(path: string, body?: object, headers?: Record<string, string>) {
      const sent = body ? { body: JSON.stringify(body) } : {};
      return json<T>(await call(path, { method: 'POST', ...sent, ...(headers && { headers }) }));
    },
    async delete(path: string) {
      await call(path, { method: 'DELETE' });
    },
    async putYaml<T>(path: string, source: string) {
      const headers = { 'content-type': 'application/yaml' };
      const response = await call(path, { method: 'PUT', headers, body: source });
      return { status: response.status, body: await json<T>(response) };
    },
  };
}

async function orNull<T>(ask: () => Promise<T>): Promise<T | null> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return null;
    throw error;
  }
}

async function send(url: string, next: string, init?: RequestInit): Promise<Response> {
  try {
    const { SLUICE_KEY: key } = process.env;
    const headers = { ...init?.headers, ...(key ? { 'x-functions-key': key } : {}) };
    const signal = AbortSignal.timeout(REQUEST_TIMEOUT_MS);
    return await fetch(url, { ...init, headers, signal });
  } catch (error) {
    throw new UnreachableError(`No answer from ${url}: ${reason(error)}.`, { next, cause: error });
  }
}

function reason(error: unknown): string {
  if (error instanceof Error && error.name === 'TimeoutError') return 'it took too long';
  const cause = error instanceof Error ? error.cause : undefined;
  if (codeOf(cause ?? {}) === 'ECONNREFUSED') return 'nothing listens there';
  return messageOf(error);
}

async function json<T>(response: Response): Promise<T> {
  const text = await response.text();
  try {
    return JSON.parse(text) as T;
  } catch (cause) {
    const next = 'Is this the address of a Sluice API? It ends in /api.';
    throw new CliError(`${response.url} did not answer with JSON.`, { next, cause });
  }
}

/** What the answer says about the failure; anything that is not problem+json becomes its status. */
async function problemOf(response: Response): Promise<ProblemDocument> {
  const text = await response.text();
  const fallback = { title: `${response.url} answered ${response.status} ${response.statusText}` };
  try {
    const body = JSON.parse(text) as Partial<ProblemDocument>;
    return typeof body.title === 'string' ? { ...body, title: body.title } : fallback;
  } catch {
    return fallback;
  }
}
