import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { FAILURE_CAUSES } from '../../lib/plan/failure.ts';

const page = readFileSync('docs/failures.md', 'utf8');

/** Headings of a section, each with the text below it. */
function entries(section: string): Map<string, string> {
  const [, rest = ''] = page.split(`## ${section}\n`);
  const [body = ''] = rest.split(/\n## (?!#)/);
  const parts = body.split(/^### /m).slice(1);
  return new Map(
    parts.map((part) => [part.slice(0, part.indexOf('\n')), part.slice(part.indexOf('\n')).trim()]),
  );
}

/** The members of the union type, which exists at compile time only. */
const codes = [...readFileSync('lib/errors.ts', 'utf8').matchAll(/^ {2}\| '(\w+)'/gm)].map(
  ([, code]) => code!,
);

test('every cause of a failed item has its remedy, and no other has', () => {
  const causes = entries('Causes of items');
  expect([...causes.keys()]).toEqual([...FAILURE_CAUSES]);
  expect([...causes].filter(([, text]) => text.length < 60)).toEqual([]);
});

test('every error code has its remedy, and no other has', () => {
  expect(codes.length).toBeGreaterThan(10);
  const documented = entries('Error codes of runs and requests');
  // Two that are not errors of ours to throw: of a run that is torn down, and of what nobody foresaw.
  expect([...documented.keys()].toSorted()).toEqual(
    [...codes, 'Abandoned', 'Unexpected'].toSorted(),
  );
  expect([...documented].filter(([, text]) => text.length < 60)).toEqual([]);
});
