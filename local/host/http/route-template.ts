import { parseSegment, type Parameter, type Segment } from './route-segment.ts';

/** A compiled ASP.NET route template. */
export interface RouteTemplate {
  /** The route values of a path that matches, or undefined. Values are percent-decoded. */
  match(segments: string[]): Record<string, string> | undefined;
  /** Sort key: of two templates that match a path, the one with the smaller key is meant. */
  order: string;
}

/** Compiles `runs/{id:int}/{rest?}` or `files/{*path}`; throws a HostError on what it does not know. */
export function compileRoute(template: string): RouteTemplate {
  const parts = template
    .replace(/^\/+|\/+$/g, '')
    .split('/')
    .filter((part) => part !== '');
  const segments = parts.map((part) => parseSegment(part, template));
  return {
    match: (path) => matchSegments(segments, path),
    order: segments.map(orderOf).join(''),
  };
}

// Text before constrained parameters before plain ones before catch-alls, as ASP.NET has it.
function orderOf(segment: Segment): string {
  if ('literal' in segment) return '1';
  if ('pattern' in segment) return '2';
  const { catchAll, constraints } = segment.parameter;
  const isConstrained = constraints.length > 0;
  if (catchAll) return isConstrained ? '4' : '5';
  return isConstrained ? '2' : '3';
}

function matchSegments(segments: Segment[], path: string[]): Record<string, string> | undefined {
  const values: Record<string, string> = {};
  for (const [index, segment] of segments.entries()) {
    const part = path[index];
    if ('literal' in segment) {
      if (part?.toLowerCase() !== segment.literal) return undefined;
    } else if ('pattern' in segment) {
      if (!matchPattern(segment, part ?? '', values)) return undefined;
    } else if (segment.parameter.catchAll) {
      return take(segment.parameter, path.slice(index).join('/'), values) ? values : undefined;
    } else if (!take(segment.parameter, part ?? '', values)) {
      return undefined;
    }
  }
  return path.length > segments.length ? undefined : values;
}

function matchPattern(
  { pattern, parameters }: { pattern: RegExp; parameters: Parameter[] },
  part: string,
  values: Record<string, string>,
): boolean {
  const found = pattern.exec(part);
  if (!found) return false;
  return parameters.every((parameter, index) => take(parameter, found[index + 1] ?? '', values));
}

/** Adds a parameter's value; false when the parameter does not take it. */
function take(parameter: Parameter, part: string, values: Record<string, string>): boolean {
  const value = part === '' ? parameter.fallback : part;
  if (value === undefined) return parameter.optional || parameter.catchAll;
  if (!parameter.constraints.every((fits) => fits(value))) return false;
  values[parameter.name] = value;
  return true;
}
