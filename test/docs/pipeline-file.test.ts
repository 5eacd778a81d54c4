import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { fieldsOf, pipelinePage } from '../../docs/pipeline-page.ts';
import { parsePipeline } from '../../lib/plan/parse-pipeline.ts';
import { pipelineJsonSchema } from '../../lib/plan/pipeline-json-schema.ts';
import { mergeScript, taskScript } from '../../lib/plan/task-script.ts';

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

/** What editors show besides: examples after the first, and what a field is when it is left out. */
const shown = fields.flatMap(({ path, schema }, at) =>
  [...(schema.examples ?? []).slice(1), ...('default' in schema ? [schema.default] : [])].map(
    (value) =>
      [path.join('.'), JSON.stringify(value), { path, value, yaml: blocks[at]![2]! }] as const,
  ),
);

test.each(shown)('the parser takes %s: %s', (_, __, { path, value, yaml }) => {
  const source = stringify(completed(replaced(parse(yaml), path, value) as Mapping));
  expect(parsePipeline(source, 'example.yaml').problems ?? []).toEqual([]);
});

test('the page names every variable that a command gets', () => {
  const scripts = [taskScript, mergeScript].map((script) =>
    script({ command: '', outputs: [], timeout: 1, shell: 'bash' }),
  );
  const exported = scripts.flatMap((script) =>
    [...script.matchAll(/^\s*export ([A-Z_ ]+)$/gm)].flatMap(([, names]) => names!.split(' ')),
  );
  expect(exported).toEqual(expect.arrayContaining(['INPUT', 'INPUT_LIST', 'ATTEMPT', 'LINE']));
  const table = page.slice(0, page.indexOf('## Where items come from'));
  expect(exported.filter((name) => !table.includes(`\`${name}\``))).toEqual([]);
});

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

/** A fragment with another value at the end of a path, whose names and entries are the first there are. */
function replaced(fragment: unknown, [name, ...rest]: readonly string[], value: unknown): unknown {
  if (name === undefined) return value;
  if (Array.isArray(fragment)) return [replaced(fragment[0], rest, value), ...fragment.slice(1)];
  const mapping = (fragment ?? {}) as Mapping;
  const key = name === '{name}' ? (Object.keys(mapping)[0] ?? '') : name;
  return { ...mapping, [key]: replaced(mapping[key], rest, value) };
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
