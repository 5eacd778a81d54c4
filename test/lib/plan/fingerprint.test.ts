import { expect, test } from 'vitest';
import { fingerprint, settingsHash } from '../../../lib/plan/fingerprint.ts';
import { parsePipeline } from '../../../lib/plan/parse-pipeline.ts';
import type { Item } from '../../../lib/plan/plan.ts';

const BASE = `name: p
tasks:
  forEach: drop
  command: "true"
  outputs: [x]
  environment: { A: "1", B: "2" }
  secrets: { T: SETTING }
pool: { vmSize: Standard_D2as_v5, nodes: { max: 1 } }
on: { drop: { container: ccc, match: ["**"] } }
`;

function settings(source: string, params: Record<string, string> = {}): string {
  const { pipeline, problems } = parsePipeline(source, 'p.yaml');
  if (!pipeline) throw new Error(JSON.stringify(problems));
  return settingsHash(pipeline, params);
}

test.each([
  ['the command', BASE.replace('"true"', '"false"')],
  ['the promised outputs', BASE.replace('[x]', '[y]')],
  ['a variable', BASE.replace('"2"', '"3"')],
  ['the setting of a secret', BASE.replace('SETTING', 'OTHER')],
  ['the shell', BASE.replace('  outputs', '  shell: sh\n  outputs')],
  ['the image', BASE.replace('pool: { ', 'pool: { image: ubuntu-22.04, ')],
  ['the container', BASE.replace('  outputs', '  container: { image: "tool:2" }\n  outputs')],
  ['the setup', BASE.replace('pool: { ', 'pool: { setup: { command: "apt-get update" }, ')],
  ['a package', BASE.replace('pool: { ', 'pool: { packages: [{ id: tool, version: "2" }], ')],
])('%s counts', (_, changed) => {
  expect(changed).not.toBe(BASE);
  expect(settings(changed)).not.toBe(settings(BASE));
});

test.each([
  ['the order of variables', BASE.replace('A: "1", B: "2"', 'B: "2", A: "1"')],
  ['the size of the pool', BASE.replace('max: 1', 'max: 9')],
  ['how long it may take', BASE.replace('  outputs', '  timeout: 9m\n  outputs')],
  ['what starts it', BASE.replace('container: ccc', 'container: ddd')],
])('%s does not count', (_, changed) => {
  expect(changed).not.toBe(BASE);
  expect(settings(changed)).toBe(settings(BASE));
});

test('parameters count whatever their order', () => {
  expect(settings(BASE, { a: '1', b: '2' })).toBe(settings(BASE, { b: '2', a: '1' }));
  expect(settings(BASE, { a: '1' })).not.toBe(settings(BASE, { a: '2' }));
});

const input = { container: 'c', name: 'n', etag: '"1"', size: 3 };
const whole: Item = { id: '000001', input };

test('an item counts by its version, its range and its values, and not by its place', () => {
  const of = (item: Item): string => fingerprint('s', item);
  expect(of({ ...whole, id: '000002' })).toBe(of(whole));
  const others: Item[] = [
    whole,
    { ...whole, input: { ...input, etag: '"2"' } },
    { ...whole, input: { ...input, name: 'm' } },
    { ...whole, range: { start: 0, end: 3 } },
    { ...whole, values: { PARAM_A: '1' } },
    { id: '1', input: null, values: { PARAM_A: '1' } },
  ];
  expect(new Set(others.map(of)).size).toBe(others.length);
  expect(fingerprint('t', whole)).not.toBe(of(whole));
});

test('a line counts by its text, in whatever version of its file and wherever in it', () => {
  const line: Item = { ...whole, range: { start: 0, end: 3 }, line: 'abc' };
  const moved = { ...line, input: { ...input, etag: '"2"' }, range: { start: 9, end: 12 } };
  expect(fingerprint('s', moved)).toBe(fingerprint('s', line));
  expect(fingerprint('s', { ...line, line: 'abd' })).not.toBe(fingerprint('s', line));
});
