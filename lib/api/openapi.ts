import { z } from 'zod';
import { manifestSchema } from '../plan/manifest-schema.ts';
import type { Operation } from './operations/operation.ts';
import { OPERATIONS } from './operations/table.ts';
import { problemSchema } from './problem.ts';

type Json = Record<string, unknown>;

const DESCRIPTION = `Drop files, get results and a manifest. Where the app asks for keys, as it does in Azure, a key of the function or of the host goes into the header \`x-functions-key\` or the query's \`code\`; without one the platform answers 401.`;

const KEYS = {
  functionKey: { type: 'apiKey', in: 'header', name: 'x-functions-key' },
  functionCode: { type: 'apiKey', in: 'query', name: 'code' },
};

/** The OpenAPI 3.1 document of the HTTP API. */
export function openApi(version: string): Json {
  const schemas: Json = {};
  const paths: Record<string, Json> = {};
  for (const operation of OPERATIONS) {
    paths[operation.path] = {
      ...paths[operation.path],
      [operation.method]: described(operation, schemas),
    };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Sluice',
      version,
      description: DESCRIPTION,
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/api' }],
    security: [{ functionKey: [] }, { functionCode: [] }, {}],
    tags: [...new Set(OPERATIONS.map(({ tag }) => tag))].map((name) => ({ name })),
    paths,
    components: { schemas, securitySchemes: KEYS },
  };
}

function described(operation: Operation, schemas: Json): Json {
  const { id, tag, summary, description, body, answers, problems } = operation;
  const responses: Json = {};
  for (const [status, answer] of Object.entries(answers)) {
    const { schema, contentType = 'application/json', headers } = answer;
    const content = schema ? jsonSchema(schema, 'output', schemas) : { type: 'string' };
    responses[status] = {
      description: answer.description,
      ...(headers ? { headers: headersOf(headers) } : {}),
      ...(schema || answer.contentType ? { content: { [contentType]: { schema: content } } } : {}),
    };
  }
  for (const status of [...problems, 500, 503]) responses[status] = problemAnswer(schemas);
  return {
    operationId: id,
    tags: [tag],
    summary,
    ...(description ? { description } : {}),
    parameters: parametersOf(operation),
    ...(body ? { requestBody: requestBody(body, schemas) } : {}),
    responses,
  };
}

function headersOf(headers: Record<string, string>): Json {
  return Object.fromEntries(
    Object.entries(headers).map(([name, description]) => [
      name,
      { description, schema: { type: 'string' } },
    ]),
  );
}

function problemAnswer(schemas: Json): Json {
  const schema = jsonSchema(problemSchema, 'output', schemas);
  return { description: 'A problem.', content: { 'application/problem+json': { schema } } };
}

function parametersOf({ path, query, headers }: Operation): Json[] {
  const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }));
  return [...inPath, ...fieldsOf(query, 'query'), ...fieldsOf(headers, 'header')];
}

function fieldsOf(object: z.ZodObject | undefined, where: 'query' | 'header'): Json[] {
  return Object.entries(object?.shape ?? {}).map(([name, field]) => {
    const { description, ...schema } = plain(field as z.ZodType, 'input');
    return { name, in: where, required: false, ...(description ? { description } : {}), schema };
  });
}

function requestBody(body: NonNullable<Operation['body']>, schemas: Json): Json {
  const { schema, contentType, required, example } = body;
  const content = { schema: jsonSchema(schema, 'input', schemas), example };
  return { required, content: { [contentType]: content } };
}

/** A schema's JSON Schema; those with an id go to the components and are referred to. */
function jsonSchema(schema: z.ZodType, io: 'input' | 'output', schemas: Json): Json {
  const { $defs, ...made } = plain(schema, io) as Json & { $defs?: Record<string, Json> };
  for (const [id, definition] of Object.entries($defs ?? {})) {
    schemas[id] = without('id', moved(definition));
  }
  const id = schema === manifestSchema ? 'Manifest' : made['id'];
  if (typeof id !== 'string') return moved(made);
  schemas[id] = without('id', moved(made));
  return { $ref: `#/components/schemas/${id}` };
}

function plain(schema: z.ZodType, io: 'input' | 'output'): Json {
  return without('$schema', z.toJSONSchema(schema, { io, unrepresentable: 'any' }) as Json);
}

function without(key: string, made: Json): Json {
  return Object.fromEntries(Object.entries(made).filter(([name]) => name !== key));
}

/** References into the document's components instead of the schema's own definitions. */
function moved(made: Json): Json {
  return JSON.parse(JSON.stringify(made).replaceAll('#/$defs/', '#/components/schemas/')) as Json;
}
