import { printable } from '../terminal/text.ts';

/** One thing wrong with a pipeline file, at its place; line and column count from 1. */
export interface PipelineProblem {
  file?: string;
  line?: number;
  column?: number;
  path?: string;
  message: string;
  expected?: string;
  got?: string;
  fix?: string;
}

/** RFC 9457 problem+json as Sluice's API answers it. */
export interface ProblemDocument {
  title: string;
  detail?: string;
  code?: string;
  errors?: PipelineProblem[];
}

/** What went wrong, for a person: the detail, since a title only repeats the HTTP status. */
export function describeProblem({ title, detail, code }: ProblemDocument): string {
  const text = (detail || title).replaceAll(/\s*\n\s*/g, ' ');
  return printable(`${text}${code ? ` (${code})` : ''}`);
}

/** All problems of a file as lines, in the order of their places. */
export function allProblemLines(problems: readonly PipelineProblem[], file: string): string[] {
  const at = ({ line = 0, column = 0 }: PipelineProblem) => line * 100_000 + column;
  const sorted = problems.toSorted((a, b) => at(a) - at(b));
  return sorted.flatMap((problem) => problemLines(problem, file));
}

/** A problem of a file as `file:line:column  path: message`, what was expected and came, and the fix. */
function problemLines(problem: PipelineProblem, file: string): string[] {
  const { line, column, path, message, expected, got, fix } = problem;
  const place = [problem.file ?? file, line, column].filter((part) => part !== undefined).join(':');
  const lines = [`${place}  ${path ? `${path}: ` : ''}${message}`];
  if (expected) lines.push(`  expected ${expected}${got ? `, got ${got}` : ''}`);
  if (fix) lines.push(`  fix: ${fix}`);
  return lines.map(printable);
}
