import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fillIn } from '../../../../local/batch/virtual/placeholders.ts';
import { planTask, readSimulation } from '../../../../local/batch/virtual/template.ts';

const task = { jobId: 'j', taskId: 't', commandLine: 'convert', try: 0 };

function refused(given: unknown): string | undefined {
  try {
    readSimulation(given);
  } catch (error) {
    const { values } = error as { values: { key: string; value: string }[] };
    return values.find(({ key }) => key === 'PropertyName')?.value;
  }
  return undefined;
}

describe('the description of simulated tasks', () => {
  test.each([
    [{}, 'tasks'],
    [{ tasks: [], speed: 1 }, 'speed'],
    [{ tasks: [{ colour: 1 }] }, 'tasks[0].colour'],
    [{ tasks: [{ jobId: '(' }] }, 'tasks[0].jobId'],
    [{ tasks: [{ duration: '1 h' }] }, 'tasks[0].duration'],
    [{ tasks: [{ duration: ['PT2S', 'PT1S'] }] }, 'tasks[0].duration'],
    [{ tasks: [{ exitCode: 256 }] }, 'tasks[0].exitCode'],
    [{ tasks: [{ exitCode: { 1: 0.6, 2: 0.6 } }] }, 'tasks[0].exitCode'],
    [{ tasks: [{ exitCode: { x: 1 } }] }, 'tasks[0].exitCode.x'],
    [{ tasks: [{ files: [{ text: '' }] }] }, 'tasks[0].files[0].path'],
    [{ tasks: [{ files: [{ path: '{nothing}' }] }] }, 'tasks[0].files[0].path'],
    [{ tasks: [{ blobs: [{ name: 'x' }] }] }, 'tasks[0].blobs[0].containerUrl'],
    [
      { tasks: [{ files: [{ path: 'x', forEach: { variable: 'X' } }] }] },
      'tasks[0].files[0].forEach.value',
    ],
  ])('%j is refused by name', (given, name) => {
    expect(refused(given)).toBe(name);
  });

  test('the first template that matches is for a task, and none may be', () => {
    const simulation = readSimulation({
      tasks: [
        { taskId: '^merge$', duration: 'PT1H' },
        { commandLine: 'convert', duration: 'PT5S', exitCode: 3 },
      ],
    });
    expect(planTask(simulation, task)).toMatchObject({ milliseconds: 5000, exitCode: 3 });
    expect(planTask(simulation, { ...task, taskId: 'merge' })?.milliseconds).toBe(3_600_000);
    expect(planTask(simulation, { ...task, commandLine: 'other' })).toBeUndefined();
  });

  test('what is left to chance lies within its bounds, depends on the seed and the try alone', () => {
    fc.assert(
      fc.property(fc.nat(), fc.nat(50), fc.nat(500_000), fc.nat(500_000), (seed, at, a, b) => {
        const [least, most] = [Math.min(a, b), Math.max(a, b)];
        const tasks = [
          { duration: [`PT${least / 1000}S`, `PT${most / 1000}S`], exitCode: { 1: 0.5 } },
        ];
        const plan = () => planTask(readSimulation({ seed, tasks }), { ...task, try: at })!;
        expect(plan().milliseconds).toBeGreaterThanOrEqual(least);
        expect(plan().milliseconds).toBeLessThanOrEqual(most);
        expect({ ...plan(), template: 0 }).toEqual({ ...plan(), template: 0 });
      }),
    );
  });
});

test('placeholders are filled in, and other braces stay', () => {
  const values = {
    named: { taskId: 't1', exitCode: 0 },
    environment: { NAME: 'a b' },
    groups: ['whole', 'first'],
  };
  expect(fillIn('{taskId}/{1}.{exitCode}.{env.NAME}{env.NONE}{2} {"a":1}', values)).toBe(
    't1/first.0.a b {"a":1}',
  );
});
