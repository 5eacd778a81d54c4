import { afterAll, beforeAll, expect, test } from 'vitest';
import { cleanedUp, post, textOf } from './actions.ts';
import { type Manifest, type Sluice, startSluice } from './harness.ts';

let sluice: Sluice;

beforeAll(async () => {
  sluice = await startSluice();
  await sluice.apply(`name: events
tasks:
  forEach: lines
  lines: { format: ndjson }
  command: |
    cmp -s "$INPUT" <(printf '%s\\n' "$LINE")
    { cat "$INPUT"; env | grep '^PARAM_' || true; } > "$OUTPUT_DIR/out.txt"
  outputs: [out.txt]
pool: { vmSize: Standard_D2as_v5, nodes: { max: 2 } }
`);
  await sluice.blobs.getContainerClient('events').create();
});
afterAll(() => sluice.close());

async function runOver(name: string, content: string): Promise<Manifest> {
  await sluice.drop('events', { [name]: content });
  const inputs = [{ container: 'events', name }];
  const { status, body } = await post(sluice, '/runs', { pipeline: 'events', inputs });
  expect({ status, body }).toMatchObject({ status: 201 });
  await cleanedUp(sluice, body.id);
  return sluice.manifest(body.id);
}

test('each line of NDJSON is an item and comes whole; its fields become no variables', async () => {
  const lines = ['{ "mark": "$(id) \'quoted\'" }', '[1,  2]', '"three"'];
  const manifest = await runOver('good.ndjson', `${lines[0]}\n\n${lines[1]}\r\n${lines[2]}`);
  expect(manifest).toMatchObject({ run: { status: 'Succeeded' }, counts: { items: 3 } });
  const printed = manifest.items!.map(({ outputs: [file] }) => textOf(sluice, file!.url));
  expect(await Promise.all(printed)).toEqual(lines.map((line) => `${line}\n`));
});

test('a line that is no JSON ends the run before anything is run, and is named', async () => {
  expect(await runOver('broken.ndjson', '{"a":1}\n{"a":\n')).toMatchObject({
    run: { status: 'Failed' },
    error: {
      code: 'BadInput',
      message: expect.stringContaining('events/broken.ndjson, line 2: it is not JSON') as string,
    },
    counts: { items: 0 },
  });
});
