import { setTimeout as sleep } from 'node:timers/promises';
import { SluiceError, messageOf } from '../errors.ts';
import type { Limiter } from './limiter.ts';

/** What a failed call to an Azure service says about itself. */
export interface Fault {
  service: 'Batch' | 'Storage';
  /** HTTP status; undefined when no answer came. */
  status: number | undefined;
  /** Azure's own error code, or the socket's. */
  code: string | undefined;
  message: string;
  retryAfterSeconds: number | undefined;
}

/** A service as the retry policy knows it: how it words its errors, and how many calls it bears. */
export interface Service {
  /** Reads an error; null for what is not an answer of that service at all. */
  read(error: unknown): Fault | null;
  limiter: Limiter;
}

const ATTEMPTS = 6;
const FIRST_DELAY_SECONDS = 0.2;
const LONGEST_DELAY_SECONDS = 10;
/** A service that wants to be left alone for longer than this is asked again by whoever drives the run. */
const LONGEST_RETRY_AFTER_SECONDS = 60;

/** Statuses that say "not now". */
const PASSING = new Set([408, 429, 500, 502, 503, 504]);
/** Codes that say "not now" whatever the status. */
const PASSING_CODES = new Set([
  'ServerBusy',
  'OperationTimedOut',
  'InternalError',
  'TooManyRequests',
]);

/**
 * The one retry policy: passing faults are tried again with growing, jittered delays or as Retry-After says;
 * the rest become a `SluiceError` with Azure's code in its message.
 */
export async function withRetry<T>(
  call: () => Promise<T>,
  { read, limiter }: Service,
  what: string,
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      const answer = await limiter.run(call);
      limiter.answered();
      return answer;
    } catch (error) {
      const fault = read(error);
      if (!fault) throw error;
      if (isThrottling(fault)) limiter.throttled();
      if (!isPassing(fault) || attempt === ATTEMPTS || wantsLongPause(fault)) {
        throw translate(fault, { what, attempt, cause: error });
      }
      await sleep(delaySeconds(fault, attempt, Math.random()) * 1000);
    }
  }
}

function isThrottling({ status, code }: Fault): boolean {
  return status === 429 || status === 503 || code === 'ServerBusy';
}

function wantsLongPause({ retryAfterSeconds = 0 }: Fault): boolean {
  return retryAfterSeconds > LONGEST_RETRY_AFTER_SECONDS;
}

/** Whether the same request may be answered better a little later. */
export function isPassing(fault: Fault): boolean {
  return (
    fault.status === undefined || PASSING.has(fault.status) || PASSING_CODES.has(fault.code ?? '')
  );
}

/**
 * Seconds before the next attempt: full jitter over a doubling span, so that those who failed together do not come back
 * together, on top of what Retry-After says. `random` in [0, 1).
 */
export function delaySeconds(fault: Fault, attempt: number, random: number): number {
  const span = Math.min(FIRST_DELAY_SECONDS * 2 ** (attempt - 1), LONGEST_DELAY_SECONDS);
  return (fault.retryAfterSeconds ?? 0) + span * random;
}

/** Seconds of a Retry-After header, which is a number or a date; undefined without one that can be read. */
export function retryAfterSeconds(
  header: string | undefined | null,
  now: number,
): number | undefined {
  if (!header) return undefined;
  const seconds = /^\d+$/.test(header) ? Number(header) : (Date.parse(header) - now) / 1000;
  return Number.isFinite(seconds) ? Math.max(0, seconds) : undefined;
}

function translate(
  fault: Fault,
  context: { what: string; attempt: number; cause: unknown },
): SluiceError {
  const { what, attempt, cause } = context;
  const answer = [fault.status, fault.code].filter((part) => part !== undefined).join(' ');
  const tries = attempt > 1 ? ` after ${attempt} attempts` : '';
  const message = `${what}: Azure ${fault.service} answered ${answer}${tries}: ${fault.message}`;
  const kind = isPassing(fault) ? 'Unavailable' : 'Refused';
  const { retryAfterSeconds: seconds } = fault;
  return new SluiceError(`${fault.service}${kind}`, message, { cause, retryAfterSeconds: seconds });
}

/** Codes of a connection that failed, or broke before the answer was whole (which the clients cannot parse then). */
const SOCKET_CODES =
  /^(E[A-Z]+|REQUEST_SEND_ERROR|PARSE_ERROR|ERR_STREAM_PREMATURE_CLOSE|UND_ERR_\w+)$/;
/** What the clients say of one without a code; the storage client calls an answer that was cut off aborted. */
const SOCKET_WORDS =
  /socket hang up|other side closed|fetch failed|premature close|terminated|aborted|unexpected end of file/i;

/** Code of a socket error, such as ECONNREFUSED, wherever the SDK hid it; undefined when it is none. */
export function socketCode(error: unknown): string | undefined {
  const { code, errno } = error as { code?: unknown; errno?: unknown };
  for (const candidate of [code, errno]) {
    if (typeof candidate === 'string' && SOCKET_CODES.test(candidate)) return candidate;
  }
  return SOCKET_WORDS.test(messageOf(error)) ? 'ECONNRESET' : undefined;
}
