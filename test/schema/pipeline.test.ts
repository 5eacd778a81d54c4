import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { parsePipeline } from '../../lib/plan/parse-pipeline.ts';
import { pipelineJsonSchema } from '../../lib/plan/pipeline-json-schema.ts';
import { pipelineMappings, type Schema } from '../../schema/pipeline-fields.ts';
import { pipelinePage } from '../../schema/pipeline-page.ts';

type Node = Record<string, unknown>;

const fields = pipelineMappings().flatMap((mapping) =>
  mapping.fields.map(({ name, schema }) => ({ path: [...mapping.path, name], schema })),
);
const schemaAt = new Map(fields.map(({ path, schema }) => [path.join('.'), schema]));

test('the schema for editors is the one that the code goes by; npm run schema writes it', () => {
  const published: unknown = JSON.parse(readFileSync('schema/pipeline.schema.json', 'utf8'));
  expect(published).toEqual(JSON.parse(JSON.stringify(pipelineJsonSchema())));
});

test('the page about the pipeline file is the one that the schema makes; npm run schema writes it', () => {
  expect(readFileSync('docs/pipeline-file.md', 'utf8')).toBe(pipelinePage());
});

test('every field of every mapping has a description, down to the deepest', () => {
  expect(fields.length).toBeGreaterThan(60);
  expect([...schemaAt.keys()]).toEqual(
    expect.arrayContaining(['tasks.matrix.parameters.{name}.step', 'tasks.retry.on.[].exit']),
  );
  const silent = fields.filter(({ schema }) => (schema.description ?? '').length < 12);
  expect(silent.map(({ path }) => path.join('.'))).toEqual([]);
});

test('every field whose values cannot be told from its type has an example', () => {
  const told = (schema: Schema) => schema.enum !== undefined || schema.type === 'boolean';
  const made = new Set(['on', 'tasks', 'pool', 'pool.nodes']);
  const without = fields
    .filter(({ schema }) => !told(schema) && schema.examples === undefined)
    .map(({ path }) => path.join('.'))
    .filter((path) => !made.has(path));
  expect(without).toEqual([]);
});

const examples = fields.flatMap(({ path, schema }) =>
  [...(schema.examples ?? []), ...defaultsOf(schema)].map(
    (example) => [path.join('.'), stringify(example).trim(), { path, example }] as const,
  ),
);

function defaultsOf({ default: value }: Schema): unknown[] {
  return value === undefined ? [] : [value];
}

test.each(examples)('the parser takes %s: %s', (_, __, { path, example }) => {
  const file = stringify(fileWith(path, example));
  expect(parsePipeline(file, 'p.yaml').problems).toBeUndefined();
});

test('an example put where it does not belong is refused, so that the rows above can fail', () => {
  const file = stringify(fileWith(['tasks', 'timeout'], '5%'));
  expect(parsePipeline(file, 'p.yaml').problems).toMatchObject([{ path: 'tasks.timeout' }]);
});

test('the file that the page begins with is a pipeline', () => {
  const [, file = ''] = /```yaml\n([\s\S]+?)```/.exec(pipelinePage()) ?? [];
  expect(parsePipeline(file, 'p.yaml').pipeline).toMatchObject({ name: 'line-counts' });
});

/** A pipeline with this value in this place; what is around it is made of the examples of those fields. */
function fileWith(path: string[], value: unknown): Node {
  const file: Node = {
    name: 'p',
    tasks: { command: 'true', outputs: ['x'], ...sourceFor(path) },
    pool: { vmSize: 'Standard_D2as_v5', nodes: { max: 1 } },
  };
  let node: Node = file;
  path.slice(0, -1).forEach((part, depth) => {
    const key = keyIn(node, part);
    node[key] ??= around(path.slice(0, depth + 1));
    node = node[key] as Node;
  });
  node[keyIn(node, path.at(-1) ?? '')] = value;
  return file;
}

/** Where items come from, if the field in question is of one source only. */
function sourceFor(path: string[]): Node {
  const sources = schemaAt.get('tasks.forEach')?.enum ?? [];
  // `tasks.matrix` is of forEach: matrix, and `on.drop` of forEach: drop.
  if (sources.includes(path[1] ?? '')) return { forEach: path[1] };
  return { forEach: 'list', list: [{ a: 1 }] };
}

/** The first example of a mapping or list that may be looked into. */
function around(path: string[]): unknown {
  const found = schemaAt.get(path.join('.'))?.examples?.find((one) => typeof one === 'object');
  return parse(stringify(found ?? {}));
}

function keyIn(node: Node, part: string): string {
  if (part === '{name}') return Object.keys(node)[0] ?? 'a';
  if (part !== '[]') return part;
  return Object.keys(node).find((index) => typeof node[index] === 'object') ?? '0';
}
