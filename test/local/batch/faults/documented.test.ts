import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { calm, readKnobs } from '../../../../local/batch/faults/knobs.ts';
import { placeholderNames } from '../../../../local/batch/virtual/placeholders.ts';
import { readSimulation } from '../../../../local/batch/virtual/template.ts';

const page = readFileSync('docs/batch-emulator-knobs.md', 'utf8');
const [knobs, simulation] = [...page.matchAll(/```json\n(.*?)```/gs)].map(
  ([, text = '']) => JSON.parse(text) as object,
);

test('the examples of the page are accepted as they stand', () => {
  expect(Object.keys(readKnobs(knobs))).toEqual(Object.keys(calm));
  expect(readSimulation(simulation).tasks).toHaveLength(1);
});

test('the page names every knob and every placeholder', () => {
  const named = (text: string): boolean => page.includes(`\`${text}\``);
  const groups = { quotas: 4, nodes: 4, tasks: 2 } as const;
  for (const [group, count] of Object.entries(groups)) {
    const names = Object.keys((knobs as Record<string, object>)[group] ?? {});
    expect(names).toHaveLength(count);
    for (const name of names) expect(named(`${group}.${name}`), `${group}.${name}`).toBe(true);
  }
  expect(
    Object.keys({ ...calm.nodes, ...calm.tasks }).filter((name) => !page.includes(name)),
  ).toEqual([]);
  expect(placeholderNames.filter((name) => !named(`{${name}}`))).toEqual([]);
});
