import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Api, ApiError, UnreachableError } from '../api/client.ts';
import { connect, type Target } from '../api/locate.ts';
import { getPipeline } from '../api/pipelines.ts';
import type { Run } from '../api/types.ts';
import { CliError, EXIT, type ExitCode } from '../errors.ts';
import { COMMAND } from '../package-root.ts';
import { type InputOptions, paramsOf, readInputs } from '../run/ask.ts';
import { followToEnd } from '../view/follow-to-end.ts';

const TRIES = 5;
const BETWEEN_TRIES_MS = 1000;
const NO_INPUTS = `Name what it shall run over with --input; see: ${COMMAND} run --help`;
/** Answers that may come from something on the way, and say nothing of whether the run was started. */
const PASSING = new Set([429, 500, 502, 503, 504]);

export interface RunOptions extends Target, InputOptions {
  param?: string[];
  idempotencyKey?: string;
  wait?: boolean;
  json?: boolean;
}

/** Starts one run, however often the request must be sent, and follows it if asked. */
export async function run(pipeline: string, options: RunOptions): Promise<ExitCode> {
  const api = await connect(options);
  const { pipeline: stored } = await getPipeline(api, pipeline);
  const inputs = await readInputs(options);
  const { params: declared = {} } = stored as { params?: Record<string, { type?: string }> };
  const params = paramsOf(options.param ?? [], declared);
  const body = {
    pipeline,
    ...(inputs.length > 0 && { inputs }),
    ...(options.param && { params }),
  };
  const started = await start(api, body, options.idempotencyKey ?? randomUUID());
  if (options.wait) {
    if (!options.json) process.stdout.write(`${started.id}\n`);
    return followToEnd(api, started.id, { json: options.json === true });
  }
  report(started, options.json === true);
  return EXIT.done;
}

/** Sends the request until there is an answer; its key makes that one run. */
async function start(api: Api, body: object, key: string): Promise<Run> {
  for (let tried = 1; ; tried++) {
    try {
      return await api.post<Run>('/runs', body, { 'idempotency-key': key });
    } catch (error) {
      if (error instanceof ApiError && error.status === 400 && !('inputs' in body)) {
        throw new CliError(error.message, { next: NO_INPUTS, cause: error });
      }
      if (!mayPass(error)) throw error;
      if (tried === TRIES) throw unsure(error, key);
    }
    await sleep(BETWEEN_TRIES_MS);
  }
}

function mayPass(error: unknown): error is Error {
  if (error instanceof ApiError) return PASSING.has(error.status);
  return error instanceof UnreachableError;
}

function unsure(cause: Error, key: string): CliError {
  return new CliError(`${cause.message} The run may have been started or not.`, {
    next: `Type the same again with --idempotency-key ${key}: it will be one run.`,
    cause,
  });
}

function report(started: Run, json: boolean): void {
  process.stdout.write(`${json ? JSON.stringify(started, null, 2) : started.id}\n`);
  if (!json) process.stderr.write(`follow it with: ${COMMAND} watch ${started.id}\n`);
}
