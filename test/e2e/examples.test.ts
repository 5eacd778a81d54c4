import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { cleanedUp, post, textOf } from './actions.ts';
import { type Manifest, type Sluice, startSluice } from './harness.ts';

let sluice: Sluice;

beforeAll(async () => {
  sluice = await startSluice();
});
afterAll(() => sluice.close());

const apply = (name: string) =>
  sluice.apply(readFileSync(`examples/${name}/pipeline.yaml`, 'utf8'));

async function merged(manifest: Manifest): Promise<string> {
  expect(manifest).toMatchObject({
    run: { status: 'Succeeded' },
    merge: { status: 'Succeeded' },
  });
  return textOf(sluice, manifest.merge!.outputs[0]!.url);
}

test('monte-carlo comes within four standard errors of π', async () => {
  await apply('monte-carlo');
  const { status, body } = await post(sluice, '/runs', {
    pipeline: 'monte-carlo',
    params: { times: 2 },
  });
  expect(status).toBe(201);
  await cleanedUp(sluice, body.id);
  const manifest = await sluice.manifest(body.id);
  expect(manifest).toMatchObject({ run: { params: { times: 2 } }, counts: { items: 16 } });
  const [estimate = NaN, error = NaN, samples] = (await merged(manifest)).split(' ').map(Number);
  expect(samples).toBe(2 * 8 * (20_000 + 50_000));
  const share = Math.PI / 4;
  expect(error).toBeCloseTo(4 * Math.sqrt((share * (1 - share)) / samples!), 4);
  expect(Math.abs(estimate - Math.PI)).toBeLessThan(4 * error);
});

test('csv-lines adds up the amounts of each region over the records of the files', async () => {
  await apply('csv-lines');
  const sample = readFileSync('examples/csv-lines/sample/november.csv', 'utf8');
  const regions = ['Bonn', 'Ulm, Donau', "O'Hara $(id)"];
  const orders = Array.from({ length: 90 }, (_, n) => ({
    region: regions[n % 3]!,
    quantity: (n % 7) + 1,
    price: 100 + n,
  }));
  const rows = orders.map(
    ({ region, quantity, price }, n) => `${n},"${region}",${quantity},${price},"a\r\n""note"""\r\n`,
  );
  const december = `Order,Region,Quantity,Unit price,Note\r\n${rows.join('')}`;
  await sluice.drop('orders', { 'sample/november.csv': sample, 'december.csv': december });
  const run = await sluice.finished('csv-lines', 150).then(([only]) => only!);
  const manifest = await sluice.manifest(run.id);
  const truth = new Map<string, number>();
  const add = (region: string, amount: number) =>
    truth.set(region, (truth.get(region) ?? 0) + amount);
  for (const { region, quantity, price } of orders) add(region, quantity * price);
  // The sample has its only quoted fields in these two columns.
  const record = /^\d+,(?:"([^"]*)"|([^,]*)),(\d+),(\d+),/gm;
  for (const [, quoted, plain, quantity, price] of sample.matchAll(record)) {
    add(quoted ?? plain!, Number(quantity) * Number(price));
  }
  const lines = (await merged(manifest)).trimEnd().split('\n');
  expect(Object.fromEntries(lines.map((line) => line.split('\t')))).toEqual(
    Object.fromEntries([...truth].map(([region, amount]) => [region, String(amount)])),
  );
});
