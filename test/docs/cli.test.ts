import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { createProgram } from '../../cli/program.ts';
import { examplesOf } from '../../cli/program/parts.ts';
import { referencePage } from '../../cli/program/reference.ts';
import { flatten, treeOf } from '../../cli/program/tree.ts';

const nothing = () => async () => {};
const commands = flatten(treeOf(createProgram(nothing))).filter(({ path }) => path.length > 0);

/** Without what the formatter does to tables. */
const bare = (page: string) => page.replaceAll(/ +/g, ' ').replaceAll(/-{3,}/g, '---').trim();

test('docs/cli.md is current: npm run docs', () => {
  const page = referencePage(treeOf(createProgram(nothing)));
  expect(bare(readFileSync('docs/cli.md', 'utf8'))).toBe(bare(page));
});

test.each(commands.map((node) => [node.path.join(' '), node] as const))(
  '%s has examples, which its own parser takes',
  (name, { command }) => {
    const examples = examplesOf(command);
    expect(examples.length).toBeGreaterThan(0);
    for (const [line] of examples) {
      const [first = ''] = line.split(/ && | > /);
      expect(first.startsWith(name) || name === 'emulate').toBe(true);
      const words = [...first.matchAll(/"([^"]*)"|(\S+)/g)].map(([, a, b]) => a ?? b ?? '');
      const program = createProgram(nothing);
      program.commands.forEach((each) => each.exitOverride());
      expect(() => program.parse(words, { from: 'user' })).not.toThrow();
    }
  },
);
