import { type Document, LineCounter, parseDocument, type YAMLError } from 'yaml';
import type { z } from 'zod';
import { closest } from './closest.ts';
import { type Pipeline, pipelineSchema } from './pipeline-schema.ts';

/** One thing wrong with a pipeline file; `line` and `column` count from 1. */
export interface Problem {
  file: string;
  line: number;
  column: number;
  path: string;
  message: string;
  expected: string;
  got: string;
  fix: string;
}

export type ParsedPipeline =
  | { pipeline: Pipeline; problems?: undefined }
  | { pipeline?: undefined; problems: Problem[] };

type Issue = z.core.$ZodIssue;
type Path = readonly PropertyKey[];
/** A problem before it has a place in the file. */
type Finding = Omit<Problem, 'file' | 'line' | 'column' | 'path'> & { at: Path; onKey?: boolean };

/** Reads a pipeline file; every problem comes with its place, what was expected, what came, and the fix. */
export function parsePipeline(source: string, file: string): ParsedPipeline {
  const lines = new LineCounter();
  const document = parseDocument(source, { lineCounter: lines, prettyErrors: false });
  if (document.errors.length > 0) {
    return { problems: document.errors.map((error) => yamlProblem(error, lines, file)) };
  }
  const value: unknown = document.toJS();
  const result = pipelineSchema.safeParse(value);
  if (result.success) return { pipeline: result.data };
  const findings = result.error.issues.flatMap((issue) => explain(issue, value));
  return { problems: findings.map((finding) => place(finding, { document, lines, file })) };
}

function yamlProblem(error: YAMLError, lines: LineCounter, file: string): Problem {
  const { line, col } = lines.linePos(error.pos[0]);
  return {
    file,
    line,
    column: col,
    path: '',
    message: error.message,
    expected: 'a YAML mapping',
    got: error.code,
    fix: 'correct the YAML at this place; indentation is by spaces, and values with ": " need quotes',
  };
}

function explain(issue: Issue, root: unknown): Finding[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => unknownField([...issue.path, key]));
  }
  return [mismatch(issue, valueAt(root, issue.path))];
}

function unknownField(at: Path): Finding {
  const key = String(at.at(-1));
  const siblings = fieldsAt(at.slice(0, -1));
  const expected = siblings.length > 0 ? `one of ${siblings.join(', ')}` : 'no field here';
  const message = `there is no field '${key}' here`;
  return { at, onKey: true, expected, got: key, message, fix: fixOfUnknown(key, siblings) };
}

function fixOfUnknown(key: string, siblings: string[]): string {
  const places = placesOf(key);
  if (places.length > 0) return `move it to ${places.join(' or ')}`;
  const guess = closest(key, siblings);
  return guess ? `write '${guess}'` : `remove '${key}'`;
}

/** Where a pipeline file may have a field of that name, the least deep places first. */
function placesOf(key: string, path: Path = []): string[] {
  const fields = fieldsAt(path);
  const here = fields.includes(key) ? [dotted([...path, key])] : [];
  const below = fields.flatMap((field) => placesOf(key, [...path, field]));
  return [...here, ...below].toSorted((a, b) => depth(a) - depth(b));
}

function depth(place: string): number {
  return place.split('.').length;
}

function mismatch(issue: Issue, value: unknown): Finding {
  const name = String(issue.path.at(-1) ?? 'the file');
  const expected = expectation(issue);
  const fix = fixOf(issue);
  if (fix !== null) {
    const got = value === undefined ? 'nothing' : show(value);
    return { at: issue.path, expected, got, message: `'${name}' does not fit`, fix };
  }
  if (value === undefined) {
    const message = `'${name}' is missing`;
    return { at: issue.path, expected, got: 'nothing', message, fix: `add '${name}'` };
  }
  const message = `'${name}' does not fit`;
  return { at: issue.path, expected, got: show(value), message, fix: `change it to ${expected}` };
}

/** A rule over several fields says itself what to do. */
function fixOf(issue: Issue): string | null {
  const fix: unknown = issue.code === 'custom' ? issue.params?.['fix'] : undefined;
  return typeof fix === 'string' ? fix : null;
}

/** What the schema wanted, in words; custom messages of the schema already are such words. */
function expectation(issue: Issue): string {
  switch (issue.code) {
    case 'invalid_type':
      return issue.message.startsWith('Invalid input') ? article(issue.expected) : issue.message;
    case 'invalid_value':
      return issue.values.map((value) => `'${String(value)}'`).join(' or ');
    case 'too_small':
      return bound(issue, `at least ${issue.minimum}`);
    case 'too_big':
      return bound(issue, `at most ${issue.maximum}`);
    default:
      return issue.message;
  }
}

function bound(issue: Issue & { origin: string }, words: string): string {
  if (!issue.message.startsWith('Too ')) return issue.message;
  if (issue.origin === 'array') return `${words} entries`;
  if (issue.origin === 'string') return `${words} characters`;
  return `a number of ${words}`;
}

function article(type: string): string {
  const named: Record<string, string> = {
    object: 'a mapping',
    array: 'a list',
    int: 'a whole number',
  };
  return named[type] ?? `a ${type}`;
}

function show(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}

function valueAt(root: unknown, path: Path): unknown {
  let value = root;
  for (const key of path) {
    if (value === null || typeof value !== 'object') return undefined;
    value = (value as Record<PropertyKey, unknown>)[key];
  }
  return value;
}

function dotted(path: Path): string {
  return path.map(String).join('.');
}

/** Names of the fields that the schema has at `path`; empty where it has none. */
function fieldsAt(path: Path): string[] {
  let schema: unknown = pipelineSchema;
  for (const key of path) schema = shapeOf(schema)?.[String(key)];
  return Object.keys(shapeOf(schema) ?? {});
}

function shapeOf(schema: unknown): Record<string, unknown> | undefined {
  const candidate = schema as
    | { shape?: Record<string, unknown>; unwrap?: () => unknown }
    | undefined;
  if (candidate?.shape) return candidate.shape;
  return candidate?.unwrap ? shapeOf(candidate.unwrap()) : undefined;
}

function place(
  finding: Finding,
  where: { document: Document; lines: LineCounter; file: string },
): Problem {
  const { at, onKey, ...rest } = finding;
  const offset = offsetOf(where.document, at, onKey === true);
  const { line, col } = where.lines.linePos(offset);
  return {
    file: where.file,
    line: Math.max(line, 1),
    column: Math.max(col, 1),
    path: dotted(at),
    ...rest,
  };
}

/** Offset of the value at `path`, of its key when asked, or of the nearest parent that is there. */
function offsetOf(document: Document, path: Path, onKey: boolean): number {
  for (let length = path.length; length > 0; length--) {
    const parent = document.getIn(path.slice(0, length - 1), true) ?? document.contents;
    const pair = pairOf(parent, path[length - 1]);
    const useKey = onKey || length < path.length;
    const node =
      (useKey ? pair?.key : (pair?.value ?? pair?.key)) ?? itemOf(parent, path[length - 1]);
    if (node?.range) return node.range[0];
  }
  return 0;
}

interface Ranged {
  range?: [number, number, number] | null;
  value?: unknown;
}

function pairOf(parent: unknown, key: PropertyKey | undefined) {
  const items = (parent as { items?: { key?: Ranged; value?: Ranged | null }[] } | null)?.items;
  return items?.find((item) => item?.key?.value === key);
}

function itemOf(parent: unknown, key: PropertyKey | undefined): Ranged | undefined {
  const items = (parent as { items?: Ranged[] } | null)?.items;
  return typeof key === 'number' ? items?.[key] : undefined;
}
