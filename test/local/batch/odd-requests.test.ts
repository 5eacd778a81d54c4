import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { routes } from '../../../local/batch/wire/routes.ts';
import { operationsTable } from '../../../local/batch/wire/operations-table.ts';
import { poolOf, startBatch, type TestBatch } from './emulator.ts';
import { raw } from './raw.ts';

let batch: TestBatch;

beforeAll(async () => {
  batch = await startBatch();
  await batch.client.pool.add(poolOf('there', { targetDedicatedNodes: 0 }));
  await batch.client.job.add({ id: 'there', poolInfo: { poolId: 'none' } });
  await batch.client.task.add('there', { id: 'there', commandLine: 'true' });
});

afterAll(() => batch.close());

const operation = fc.constantFrom(
  ...operationsTable
    .trim()
    .split('\n')
    .map((line) => line.trim().split(' ')),
);

const name = fc.oneof(
  fc.constantFrom('there', 'THERE', '..', '%', "it's", 'a b', 'ü', '\u0000', 'x'.repeat(300)),
  fc.string({ maxLength: 20 }),
);

const properties =
  `id value poolInfo constraints metadata commandLine vmSize schedule virtualMachineConfiguration
  nodeList targetDedicatedNodes autoScaleFormula resourceFiles outputFiles dependsOn exitConditions jobSpecification
  __proto__ toString`.split(/\s+/);

/** Properties that some body has, with values of any kind. */
const body = fc.dictionary(fc.constantFrom(...properties), fc.jsonValue({ maxDepth: 3 }));

describe('odd requests', () => {
  test('never make the emulator fail, whatever they hold', { timeout: 120_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(operation, name, body, async ([, method = '', path = ''], id, given) => {
        // Deletion would leave nothing to ask for.
        fc.pre(method !== 'DELETE');
        const filled = path.replace(/\{\w+\}/g, () => encodeURIComponent(id).replace(/^\.+$/, 'x'));
        const sends = method.startsWith('P');
        const response = await raw(batch.emulator, {
          method,
          path: filled,
          ...(sends && { body: given }),
        });
        expect([500, 503]).not.toContain(response.status);
        expect(response.status === 501 ? response.text : '').toMatch(/^$|is not emulated/);
      }),
      { numRuns: 400 },
    );
    expect(batch.log).toEqual([]);
  });

  test('of all operations are known by a route', () => {
    expect(routes).toHaveLength(78);
  });
});
