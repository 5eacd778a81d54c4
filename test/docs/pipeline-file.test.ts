import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { fieldsOf, pipelinePage } from '../../docs/pipeline-page.ts';
import { parsePipeline } from '../../lib/plan/parse-pipeline.ts';
import { pipelineJsonSchema } from '../../lib/plan/pipeline-json-schema.ts';

type Mapping = Record<string, unknown>;

const page = readFileSync('docs/pipeline-file.md', 'utf8');
const fields = fieldsOf(pipelineJsonSchema());

/** Without what the formatter does to tables. */
const bare = (text: string) => text.replaceAll(/ +/g, ' ').replaceAll(/-{3,}/g, '---').trim();

test('docs/pipeline-file.md is current: npm run docs', () => {
  expect(bare(page)).toBe(bare(pipelinePage()));
});

test("the editors' schema is current: npm run schema", () => {
  const published: unknown = JSON.parse(readFileSync('schema/pipeline.schema.json', 'utf8'));
  expect(published).toEqual(pipelineJsonSchema());
});

test.each(fields.map((field) => [field.path.join('.'), field] as const))(
  '%s has a description and an example',
  (_, { schema }) => {
    expect(schema.description ?? '').toMatch(/\w.*\.$/s);
    expect(schema.examples ?? []).not.toEqual([]);
  },
);

const blocks = [...page.matchAll(/^#+ `(.+)`$[^]*?```yaml\n([^]*?)```/gm)];

test('every field has a section with an example', () => {
  const paths = fields.map(({ path }) => path.join('.').replaceAll('.[]', '[]'));
  expect(blocks.map(([, path]) => path)).toEqual(paths);
});

test.each(blocks.map(([, path, yaml]) => [path!, yaml!] as const))(
  'the parser takes the example of %s',
  (_, yaml) => {
    const source = stringify(completed(parse(yaml) as Mapping));
    expect(parsePipeline(source, 'example.yaml').problems ?? []).toEqual([]);
  },
);

test('a pipeline with a fault does not fit', () => {
  const source = stringify(completed({ tasks: { pack: 0 } }));
  expect(parsePipeline(source, 'example.yaml').problems).toHaveLength(1);
});

const SOURCES = ['list', 'prefix', 'matrix', 'lines', 'chunks'];

/** A fragment of a file, with what every file needs. */
function completed(fragment: Mapping): Mapping {
  const tasks = (fragment['tasks'] ?? {}) as Mapping;
  const source = SOURCES.find((name) => name in tasks);
  const base = {
    name: 'example',
    ...('schedule' in ((fragment['on'] ?? {}) as Mapping)
      ? { on: { drop: { container: 'incoming', match: ['**'] } } }
      : {}),
    tasks: {
      forEach: source ?? 'drop',
      command: 'true',
      outputs: ['out.txt'],
    },
    pool: { vmSize: 'Standard_D2as_v5', nodes: { max: 1 } },
  };
  return merged(base, fragment);
}

function merged(base: Mapping, over: Mapping): Mapping {
  const isMapping = (value: unknown): value is Mapping =>
    typeof value === 'object' && value !== null && !Array.isArray(value);
  const entries = Object.entries(over).map(([key, value]) => {
    const under = base[key];
    return [key, isMapping(under) && isMapping(value) ? merged(under, value) : value];
  });
  return { ...base, ...Object.fromEntries(entries) } as Mapping;
}
