import { HostError } from '../app/errors.ts';

/** A compiled ASP.NET route template. */
export interface RouteTemplate {
  /** The route values of a path that matches, or undefined. Values are percent-decoded. */
  match(segments: string[]): Record<string, string> | undefined;
  /** Sort key: of two templates that match a path, the one with the smaller key is meant. */
  order: string;
}

interface Segment {
  literal?: string;
  parameter?: {
    name: string;
    optional: boolean;
    catchAll: boolean;
    value: RegExp;
    constrained: boolean;
  };
}

/** Compiles `runs/{id:int}/{rest?}` or `files/{*path}`; throws on what it does not know. */
export function compileRoute(template: string): RouteTemplate {
  const parts = template
    .replace(/^\/+|\/+$/g, '')
    .split('/')
    .filter((part) => part !== '');
  const segments = parts.map((part) => compileSegment(part, template));
  return {
    match: (path) => matchSegments(segments, path),
    order: segments.map(orderOf).join(''),
  };
}

function compileSegment(part: string, template: string): Segment {
  if (!part.includes('{')) return { literal: part.toLowerCase() };
  const match = /^\{(\*{0,2})([A-Za-z_]\w*)((?::[^{}?]+)*)(\?)?\}$/.exec(part);
  if (!match) {
    throw new HostError(
      `Route "${template}": cannot read the segment "${part}". ` +
        'Expected plain text or one parameter such as {id}, {id:int}, {id?} or {*rest}.',
    );
  }
  const constraints = (match[3] ?? '').split(':').filter((text) => text !== '');
  const value = new RegExp(
    `^${constraints.map((text) => constraintPattern(text, template)).join('')}.*$`,
    's',
  );
  return {
    parameter: {
      name: match[2] ?? '',
      optional: match[4] === '?',
      catchAll: match[1] !== '',
      constrained: constraints.length > 0,
      value,
    },
  };
}

/** A look-ahead that holds when the whole value satisfies the constraint. */
function constraintPattern(text: string, template: string): string {
  const [, name = '', args = ''] = /^(\w+)(?:\((.*)\))?$/.exec(text) ?? [];
  const [low = '', high = low] = args.split(',').map((arg) => arg.trim());
  const patterns: Record<string, string> = {
    int: '-?\\d{1,10}',
    long: '-?\\d{1,19}',
    bool: '(?:[Tt][Rr][Uu][Ee]|[Ff][Aa][Ll][Ss][Ee])',
    guid: '\\{?[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\\}?',
    decimal: '-?\\d+(?:\\.\\d+)?',
    double: '-?\\d+(?:\\.\\d+)?',
    float: '-?\\d+(?:\\.\\d+)?',
    alpha: '[A-Za-z]*',
    required: '.+',
    length: `.{${low},${high}}`,
    minlength: `.{${low},}`,
    maxlength: `.{0,${low}}`,
    regex: args,
  };
  const pattern = patterns[name];
  if (pattern !== undefined) return name === 'regex' ? `(?=.*${pattern})` : `(?=${pattern}$)`;
  throw new HostError(
    `Route "${template}": unknown constraint "${text}". Known: ${Object.keys(patterns).join(', ')}.`,
  );
}

// Text before constrained parameters before plain ones before catch-alls, as ASP.NET has it.
function orderOf(segment: Segment): string {
  if (!segment.parameter) return '1';
  if (segment.parameter.catchAll) return segment.parameter.constrained ? '4' : '5';
  return segment.parameter.constrained ? '2' : '3';
}

function matchSegments(segments: Segment[], path: string[]): Record<string, string> | undefined {
  const values: Record<string, string> = {};
  for (const [index, { literal, parameter }] of segments.entries()) {
    const part = path[index];
    if (!parameter) {
      if (part?.toLowerCase() !== literal) return undefined;
    } else if (parameter.catchAll) {
      const rest = path.slice(index).join('/');
      if (rest !== '') values[parameter.name] = rest;
      return values;
    } else if (part === undefined || part === '') {
      return parameter.optional ? values : undefined;
    } else if (parameter.value.test(part)) {
      values[parameter.name] = part;
    } else {
      return undefined;
    }
  }
  return path.length > segments.length ? undefined : values;
}
