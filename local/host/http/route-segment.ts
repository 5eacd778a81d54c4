import { HostError } from '../app/errors.ts';
import { constraintNames, makeConstraint, type Constraint } from './route-constraints.ts';

/** A parameter of a route template. */
export interface Parameter {
  name: string;
  optional: boolean;
  catchAll: boolean;
  /** Its value where the path has none. */
  fallback: string | undefined;
  constraints: Constraint[];
}

/** One segment of a route template. */
export type Segment =
  | { literal: string }
  | { parameter: Parameter }
  /** Several parameters, or parameters between text; `pattern` has a group for each. */
  | { pattern: RegExp; parameters: Parameter[] };

/** Reads one segment; throws a HostError on what ASP.NET would not take either. */
export function parseSegment(text: string, template: string): Segment {
  const parts = splitParts(text, template);
  const parameters = parts.filter((part) => typeof part !== 'string');
  const [only] = parts;
  if (parameters.length === 0) return { literal: parts.join('').toLowerCase() };
  if (parts.length === 1 && typeof only === 'object') return { parameter: only };
  if (parameters.some((each) => each.optional || each.catchAll || each.fallback !== undefined)) {
    throw wrong(template, text, 'beside text a parameter cannot be optional or a catch-all');
  }
  const pattern = parts.map((part) => (typeof part === 'string' ? escaped(part) : '(.+)'));
  return { pattern: new RegExp(`^${pattern.join('')}$`, 'i'), parameters };
}

function escaped(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}

/** Text and parameters in turn; `{{` and `}}` stand for one brace. */
function splitParts(text: string, template: string): (string | Parameter)[] {
  const parts: (string | Parameter)[] = [];
  const token = /\{\{|\}\}|\{((?:[^{}]|\{\{|\}\})*)\}|[^{}]+/gy;
  while (token.lastIndex < text.length) {
    const from = token.lastIndex;
    const match = token.exec(text);
    if (!match) throw wrong(template, text, `cannot read "${text.slice(from)}"`);
    const [whole, inner] = match;
    if (inner !== undefined) parts.push(parseParameter(unescaped(inner), text, template));
    else parts.push(unescaped(whole));
  }
  return parts;
}

function unescaped(text: string): string {
  return text.replaceAll('{{', '{').replaceAll('}}', '}');
}

function parseParameter(inner: string, text: string, template: string): Parameter {
  const match =
    /^(\*{0,2})([A-Za-z_][\w-]*)((?::\w+(?:\(.*?\)(?=[:=?]|$))?)*)(?:(\?)|=(.*))?$/.exec(inner);
  if (!match) {
    throw wrong(template, text, 'expected a parameter such as {id}, {id:int}, {id?} or {*rest}');
  }
  const [, stars, name = '', constraints = '', optional, fallback] = match;
  return {
    name,
    optional: optional !== undefined,
    catchAll: stars !== '',
    fallback,
    constraints: parseConstraints(constraints, template),
  };
}

function parseConstraints(text: string, template: string): Constraint[] {
  const found = text.matchAll(/:(\w+)(?:\((.*?)\)(?=:|$))?/g);
  return [...found].map(([whole, name = '', args = '']) => {
    const constraint = makeConstraint(name, args);
    if (constraint) return constraint;
    const known = constraintNames.join(', ');
    throw new HostError(
      `Route "${template}": unknown constraint "${whole.slice(1)}". Known: ${known}.`,
    );
  });
}

function wrong(template: string, segment: string, reason: string): HostError {
  return new HostError(`Route "${template}", segment "${segment}": ${reason}.`);
}
