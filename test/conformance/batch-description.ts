import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { faultsOf, type Schema } from './schema.ts';

/** One answer as it went over the wire. */
export interface Answer {
  method: string;
  /** With its query. */
  url: string;
  status: number;
  /** By lower-case name. */
  headers: Readonly<Record<string, unknown>>;
  body: string;
}

/** The official description of the service. */
export interface Description {
  operations: readonly DescribedOperation[];
  definitions: Readonly<Record<string, Schema>>;
}

/** One operation of the service. */
export interface DescribedOperation {
  id: string;
  method: string;
  /** With its parameters in braces. */
  path: string;
  pattern: RegExp;
  responses: Readonly<
    Record<string, { schema?: Schema; headers?: Record<string, unknown> } | undefined>
  >;
  /** File names of examples, by title. */
  examples: Record<string, string>;
  parameters: readonly { name: string; in: string; required?: boolean }[];
}

/** Where the reference material is; undefined when this machine has none. */
export const referenceDir = process.env['SLUICE_REFERENCE_DIR'];

/** Reads the official description of Batch 2022-10-01.16.0; undefined when it is not on this machine. */
export function readDescription(): Description | undefined {
  if (referenceDir === undefined) return undefined;
  const file = join(referenceDir, 'contract/batch/BatchService-2022-10-01.16.0.json');
  const swagger = JSON.parse(readFileSync(file, 'utf8')) as {
    paths: Record<string, Record<string, RawOperation>>;
    definitions: Record<string, Schema>;
  };
  const operations = Object.entries(swagger.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => described(path, method, operation)),
  );
  // A password is given and never shown again, though the description has it in every account.
  const { UserAccount } = swagger.definitions;
  const definitions = {
    ...swagger.definitions,
    UserAccount: { ...UserAccount, required: ['name'] },
  };
  return { operations, definitions };
}

/** What is wrong with an answer by the official description; nothing when it keeps it. */
export function answerFaults(description: Description, answer: Answer): string[] {
  const operation = operationOf(description, answer);
  if (operation === undefined) return answer.status >= 400 ? errorFaults(description, answer) : [];
  if (answer.status === 304) return answer.body === '' ? [] : ['304 has a body'];
  const response = operation.responses[String(answer.status)];
  if (response === undefined && answer.status < 400) {
    return [`status ${answer.status} is not one of ${Object.keys(operation.responses).join(', ')}`];
  }
  if (response === undefined) return errorFaults(description, answer);
  return [
    ...headerFaults(operation, answer),
    ...bodyFaults(description, response.schema, answer),
  ].map((fault) => `${operation.id}: ${fault}`);
}

/** The operation that a request is for. */
export function operationOf(
  { operations }: Description,
  { method, url }: Pick<Answer, 'method' | 'url'>,
): DescribedOperation | undefined {
  const path = (url.split('?')[0] ?? '').replace(/(.)\/$/, '$1');
  return operations.find((one) => one.method === method && one.pattern.test(path));
}

interface RawOperation {
  operationId: string;
  responses: DescribedOperation['responses'];
  'x-ms-examples'?: Record<string, { $ref: string }>;
  parameters: DescribedOperation['parameters'];
}

function described(path: string, method: string, operation: RawOperation): DescribedOperation {
  const source = path
    .replace(/[()]/g, '\\$&')
    .replace('{filePath}', '.+')
    .replace(/\{\w+\}/g, '[^/]+');
  return {
    id: operation.operationId,
    method: method.toUpperCase(),
    path,
    pattern: new RegExp(`^${source}$`),
    responses: operation.responses,
    examples: Object.fromEntries(
      Object.entries(operation['x-ms-examples'] ?? {}).map(([title, { $ref }]) => [title, $ref]),
    ),
    parameters: operation.parameters,
  };
}

/** Headers that the real service sends on every answer of a kind, beside those that every answer has. */
function headerFaults(operation: DescribedOperation, answer: Answer): string[] {
  const faults = commonHeaderFaults(answer);
  const listed = Object.keys(operation.responses[String(answer.status)]?.headers ?? {});
  const changes = answer.method !== 'GET' && answer.method !== 'HEAD';
  if (
    changes &&
    listed.includes('DataServiceId') &&
    answer.headers['dataserviceid'] === undefined
  ) {
    faults.push('has no DataServiceId');
  }
  // Nodes have no ETag, lists have none either.
  const versioned =
    /^(Pool|Job|Task|JobSchedule)_(?!List|Delete|AddCollection|Evaluate|GetTaskCounts)/;
  const { etag } = answer.headers;
  if (answer.status < 300 && versioned.test(operation.id)) {
    if (etag === undefined) faults.push('has no ETag');
    if (answer.headers['last-modified'] === undefined) faults.push('has no Last-Modified');
  }
  if (etag !== undefined && !/^0x[0-9A-F]{15}$/.test(String(etag))) {
    faults.push(`the ETag ${String(etag)} has another form`);
  }
  const modified = answer.headers['last-modified'];
  if (modified !== undefined && !rfc1123.test(String(modified))) {
    faults.push(`Last-Modified ${String(modified)} is no RFC 1123 time`);
  }
  return faults;
}

const rfc1123 = /^\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT$/;

function commonHeaderFaults({ headers }: Answer): string[] {
  const faults: string[] = [];
  if (headers['dataserviceversion'] !== '3.0') faults.push('DataServiceVersion is not 3.0');
  if (!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(String(headers['request-id']))) {
    faults.push('has no request-id');
  }
  return faults;
}

function bodyFaults(
  { definitions }: Description,
  schema: Schema | undefined,
  answer: Answer,
): string[] {
  if (schema === undefined || answer.method === 'HEAD') {
    return answer.body === '' ? [] : ['has a body where none is described'];
  }
  const type = String(answer.headers['content-type']);
  if (schema.format === 'file') {
    return type === 'application/octet-stream' ? [] : [`the content type is ${type}`];
  }
  return [
    ...(type === jsonType ? [] : [`the content type is ${type}`]),
    ...faultsOf(parse(answer.body), schema, definitions),
  ];
}

const jsonType = 'application/json;odata=minimalmetadata';

function errorFaults({ definitions }: Description, answer: Answer): string[] {
  const faults = commonHeaderFaults(answer);
  if (answer.method === 'HEAD') {
    if (answer.body !== '') faults.push('HEAD has a body');
    return faults;
  }
  if (answer.headers['content-type'] !== jsonType) faults.push('the error is no OData JSON');
  const body = parse(answer.body) as { code?: unknown; message?: { value?: unknown } } | undefined;
  faults.push(...faultsOf(body, definitions['BatchError'] ?? {}, definitions));
  if (typeof body?.code !== 'string') faults.push('the error has no code');
  const value = String(body?.message?.value);
  if (!/\nRequestId:[0-9a-f-]{36}\nTime:\S+Z$/.test(value)) {
    faults.push('the message has no request id and time');
  }
  return faults.map((fault) => `${answer.method} ${answer.url} ${answer.status}: ${fault}`);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
