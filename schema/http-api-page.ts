import { VERSION } from '../lib/api/app.ts';
import { openApi } from '../lib/api/openapi.ts';

interface Schema {
  $ref?: string;
  type?: string | string[];
  description?: string;
  enum?: unknown[];
  const?: unknown;
  anyOf?: Schema[];
  items?: Schema;
  properties?: Record<string, Schema>;
  required?: string[];
}
interface Parameter {
  name: string;
  in: string;
  description?: string;
  schema: Schema;
}
type Content = Record<string, { schema: Schema; example?: unknown }>;
interface Described {
  tags: string[];
  summary: string;
  description?: string;
  parameters: Parameter[];
  requestBody?: { required: boolean; content: Content };
  responses: Record<
    string,
    { description: string; content?: Content; headers?: Record<string, { description: string }> }
  >;
}
interface Document {
  info: { description: string };
  tags: { name: string }[];
  paths: Record<string, Record<string, Described>>;
  components: { schemas: Record<string, Schema> };
}

const INTRODUCTION = `All paths begin with \`/api\`. Bodies and answers are JSON unless it says otherwise; times are ISO 8601. What
goes wrong is answered as \`application/problem+json\` with a \`code\` from [failures.md](failures.md), and a \`detail\` that says
what to do. Besides the statuses named below every operation may answer 503, when storage or Batch cannot answer in time and
asking again may help, and 500. The same as OpenAPI 3.1 is served at \`GET /api/openapi.json\`.

Listings come in pages: \`next\` is the link to the page after, relative to the host, and null on the last one.`;

/** docs/http-api.md. */
export function httpApiPage(): string {
  const document = openApi(VERSION) as unknown as Document;
  const sections = document.tags.map(({ name }) => section(document, name));
  const schemas = Object.entries(document.components.schemas)
    .filter(([, { properties }]) => properties)
    .map(([name, schema]) => described(name, schema));
  return (
    [
      '# HTTP API',
      '<!-- Written by `npm run schema` from lib/api/operations; edit it there. -->',
      document.info.description,
      INTRODUCTION,
      ...sections,
      '## Schemas',
      ...schemas,
    ].join('\n\n') + '\n'
  );
}

function section({ paths }: Document, tag: string): string {
  const entries = Object.entries(paths).flatMap(([path, operations]) =>
    Object.entries(operations)
      .filter(([, { tags }]) => tags.includes(tag))
      .map(([method, operation]) => entry(method, path, operation)),
  );
  return [`## ${tag}`, ...entries].join('\n\n');
}

function entry(method: string, path: string, operation: Described): string {
  const { summary, description, parameters, requestBody, responses } = operation;
  const named = parameters.filter((parameter) => parameter.in !== 'path');
  return [
    `### ${method.toUpperCase()} /api${path === '/' ? '' : path}`,
    [summary, description].filter(Boolean).join(' '),
    named.map(parameterLine).join('\n'),
    requestBody ? bodyText(requestBody) : '',
    answerLines(responses),
  ]
    .filter(Boolean)
    .join('\n\n');
}

function parameterLine({ name, in: where, description, schema }: Parameter): string {
  const place = where === 'header' ? 'header ' : '';
  return `- ${place}\`${name}\` (${typeOf(schema)}): ${description ?? ''}`.trimEnd();
}

function bodyText({ required, content }: NonNullable<Described['requestBody']>): string {
  const [[type, { schema, example }] = ['', { schema: {} as Schema, example: '' }]] =
    Object.entries(content);
  const text = typeof example === 'string' ? example : JSON.stringify(example);
  const language = type.endsWith('yaml') ? 'yaml' : 'json';
  const fields = Object.entries(schema.properties ?? {}).map((field) => fieldLine(field));
  const intro = `Body (\`${type}\`${required ? '' : ', may be left out'}):`;
  return [`${intro}\n\n\`\`\`${language}\n${text}\n\`\`\``, fields.join('\n')]
    .filter(Boolean)
    .join('\n\n');
}

function answerLines(responses: Described['responses']): string {
  const statuses = Object.entries(responses).filter(([status]) => Number(status) < 500);
  const problems = statuses.filter(([, { content }]) => content?.['application/problem+json']);
  const lines = statuses
    .filter((each) => !problems.includes(each))
    .map(([status, { description, content, headers }]) => {
      const [[type, { schema }] = ['', { schema: {} as Schema }]] = Object.entries(content ?? {});
      const what = type === 'application/json' ? ` ${contentOf(schema)}` : type && ` \`${type}\`.`;
      const more = Object.entries(headers ?? {}).map(
        ([name, header]) => ` Header \`${name}\`: ${header.description}`,
      );
      return `- ${status}: ${description}${what}${more.join('')}`;
    });
  if (problems.length === 0) return lines.join('\n');
  return [...lines, `- ${problems.map(([status]) => status).join(', ')}: a problem.`].join('\n');
}

function contentOf(schema: Schema): string {
  if (schema.$ref) return `(${reference(schema.$ref)})`;
  const fields = Object.entries(schema.properties ?? {});
  if (fields.length === 0) return '';
  return `(${fields.map(([name, field]) => `\`${name}\`: ${typeOf(field)}`).join('; ')})`;
}

function described(name: string, schema: Schema): string {
  const fields = Object.entries(schema.properties ?? {}).map((field) => fieldLine(field));
  return [`### ${name}`, schema.description ?? '', fields.join('\n')].filter(Boolean).join('\n\n');
}

function fieldLine([name, field]: [string, Schema]): string {
  const description = field.description ? `: ${field.description}` : '';
  return `- \`${name}\` (${typeOf(field)})${description}`;
}

function typeOf(schema: Schema): string {
  if (schema.$ref) return reference(schema.$ref);
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(', ');
  if (schema.anyOf) return schema.anyOf.map((each) => typeOf(each)).join(' or ');
  if (schema.items) return `list of ${typeOf(schema.items)}`;
  const fields = Object.keys(schema.properties ?? {});
  if (fields.length > 0) return `object with ${fields.map((field) => `\`${field}\``).join(', ')}`;
  return [schema.type ?? 'anything'].flat().join(' or ');
}

function reference(to: string): string {
  const name = to.slice(to.lastIndexOf('/') + 1);
  return `[${name}](#${name.toLowerCase()})`;
}
