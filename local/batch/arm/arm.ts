import { timingSafeEqual } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Account } from '../account.ts';
import { StorageError } from '../store/failure.ts';
import { machineStamp } from '../time/clock.ts';
import type { Authentication } from '../wire/authenticate.ts';
import { bearerToken, tokenFault } from '../wire/bearer.ts';
import { readJson } from '../wire/body.ts';
import { BatchError } from '../wire/errors.ts';
import { ArmError } from './errors.ts';
import { receivePackage, uploadPrefix } from './package-upload.ts';
import type { ArmReply, ArmRequest } from './request.ts';
import { matchArmRoute } from './routes.ts';

/** What the resource provider works on. */
export interface Arm {
  authentication: Authentication;
  /** Undefined while the store has failed. */
  account: () => Account | undefined;
  log: (message: string) => void;
}

/**
 * Answers what Azure Resource Manager has of Batch, below `/subscriptions/`, and the uploads of application packages;
 * false when a request is for something else.
 */
export function createArm(arm: Arm): (r: IncomingMessage, s: ServerResponse) => boolean {
  return (request, response) => {
    const isUpload = request.url?.startsWith(uploadPrefix) === true;
    if (!isUpload && !/^\/subscriptions(\/|$)/i.test(request.url ?? '')) return false;
    const answered = isUpload ? upload(arm, request, response) : answer(arm, request);
    answered
      .then((reply) => send(response, reply))
      .catch((error: unknown) => {
        request.resume();
        send(response, refusal(arm, error));
      });
    return true;
  };
}

async function answer(arm: Arm, request: IncomingMessage): Promise<ArmReply> {
  authenticate(arm.authentication, request.headers.authorization);
  const url = new URL(request.url ?? '/', 'http://localhost');
  const { pathname: path, searchParams } = url;
  const query = new Map(searchParams);
  const route = matchArmRoute(request.method ?? 'GET', path);
  requireVersion(query.get('api-version'));
  const body = request.method === 'GET' ? undefined : await readJson(request);
  const account = requireAccount(arm);
  const wanted: ArmRequest = {
    account,
    key: arm.authentication.key,
    params: route.params,
    query,
    headers: request.headers,
    body,
    baseUrl: baseUrlOf(request),
    path,
  };
  requireName(wanted);
  const reply = await route.handler(wanted);
  account.db.commit();
  return reply;
}

async function upload(
  arm: Arm,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<ArmReply> {
  response.setHeader('x-ms-version', String(request.headers['x-ms-version'] ?? '2021-12-02'));
  return receivePackage(requireAccount(arm), request, arm.authentication.key);
}

function authenticate({ key, bearer }: Authentication, header: string | undefined): void {
  const token = bearerToken(header);
  if (token !== undefined && equal(token, key)) return;
  const hint = "Send the account's key as bearer token";
  if (token === undefined) {
    throw new ArmError(
      401,
      'AuthenticationFailed',
      `The Authorization header is missing. ${hint}.`,
    );
  }
  const fault = bearer
    ? tokenFault(token, audiences, machineStamp() / 1000)
    : `The token is not the account's key. ${hint}, or start the emulator with --bearer.`;
  if (fault !== undefined) throw new ArmError(401, 'InvalidAuthenticationToken', fault);
}

const audiences = ['https://management.azure.com', 'https://management.core.windows.net'];

function equal(a: string, b: string): boolean {
  return a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b));
}

/** Versions in which what is emulated has the same shape. */
const versions = ['2022-10-01', '2023-05-01', '2023-11-01', '2024-02-01', '2024-07-01'];

function requireVersion(version: string | undefined): void {
  if (version === undefined) {
    throw new ArmError(
      400,
      'MissingApiVersionParameter',
      'The api-version query parameter is missing.',
    );
  }
  if (versions.includes(version)) return;
  throw new ArmError(
    400,
    'InvalidApiVersionParameter',
    `The api-version '${version}' is not supported; ${versions.join(', ')} are.`,
  );
}

function requireAccount(arm: Arm): Account {
  const account = arm.account();
  if (account === undefined) throw new ArmError(503, 'ServerBusy', 'The emulator is not ready.');
  return account;
}

function requireName({ account, params }: ArmRequest): void {
  const name = params.accountName;
  if (name === undefined || name.toLowerCase() === account.name.toLowerCase()) return;
  throw new ArmError(
    404,
    'ResourceNotFound',
    `The account here is ${account.name}; there is no account ${name}.`,
  );
}

function baseUrlOf(request: IncomingMessage): string {
  return `http://${request.headers.host ?? 'localhost'}`;
}

function send(response: ServerResponse, { status, body, headers }: ArmReply): void {
  const text = body === undefined ? undefined : JSON.stringify(body);
  response.writeHead(status, {
    ...(text !== undefined && { 'Content-Type': 'application/json; charset=utf-8' }),
    ...headers,
  });
  response.end(text);
}

function refusal(arm: Arm, error: unknown): ArmReply {
  const { status, code, message, details } = describe(arm, error);
  return { status, body: { error: { code, message, ...(details !== undefined && { details }) } } };
}

function describe(
  arm: Arm,
  error: unknown,
): { status: number; code: string; message: string; details?: object[] } {
  if (error instanceof ArmError) return error;
  if (error instanceof BatchError) {
    const { status, code, message, values } = error;
    const details = values.map(({ key, value }) => ({ code: key, message: value }));
    return { status, code, message, ...(details.length > 0 && { details }) };
  }
  if (error instanceof StorageError) {
    return { status: 503, code: 'ServerBusy', message: error.message };
  }
  arm.log(error instanceof Error ? (error.stack ?? error.message) : String(error));
  return { status: 500, code: 'InternalServerError', message: 'The emulator has met an error.' };
}
