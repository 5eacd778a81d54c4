import { describe, expect, test } from 'vitest';
import { parsePipeline } from '../../../lib/plan/parse-pipeline.ts';
import { sizeUp } from '../../../lib/plan/preview.ts';
import { readPrices } from '../../../lib/plan/prices.ts';

const { pipeline } = parsePipeline(
  `name: p
tasks: { forEach: drop, command: "true", outputs: [x], timeout: 30m }
pool: { vmSize: Standard_D2as_v5, nodes: { max: 4 }, slots: 2 }
`,
  'p.yaml',
);
const prices = readPrices('{"currency":"EUR","nodeHour":{"Standard_D2as_v5":0.1}}');

describe('a plan of so many tasks', () => {
  test.each([
    { tasks: 0, longest: 0, nodes: 0, waves: 0, hours: 0, cost: 0 },
    { tasks: 1, longest: 1, nodes: 1, waves: 1, hours: 0.5, cost: 0.05 },
    { tasks: 8, longest: 1, nodes: 4, waves: 1, hours: 2, cost: 0.2 },
    { tasks: 9, longest: 2, nodes: 4, waves: 2, hours: 8, cost: 0.8 },
    { tasks: 1000, longest: 1, nodes: 4, waves: 125, hours: 250, cost: 25 },
  ])('$tasks, with up to $longest items each', ({ tasks, longest, nodes, waves, hours, cost }) => {
    expect(sizeUp(pipeline!, { tasks, longest, complete: true }, prices)).toEqual({
      pool: {
        vmSize: 'Standard_D2as_v5',
        image: 'ubuntu-24.04',
        spot: false,
        nodes,
        slots: 2,
        waves,
      },
      nodeHours: { atMost: hours },
      cost: { atMost: cost, currency: 'EUR' },
    });
  });
});

test('where not all items were seen there is no most that it may take or cost', () => {
  const seen = { tasks: 9, longest: 1, complete: false };
  expect(sizeUp(pipeline!, seen, prices)).toMatchObject({ nodeHours: null, cost: null });
});
