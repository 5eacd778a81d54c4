import { afterAll, beforeAll, expect, test } from 'vitest';
import { cleanedUp, start } from '../e2e/actions.ts';
import { byName } from '../e2e/harness.ts';
import type { Passing, Verdict } from './gate.ts';
import { type Gated, startGated } from './gated.ts';
import { LONG } from './long.ts';
import { seeded } from './random.ts';

const SEED = Number(process.env['SLUICE_CHAOS_SEED'] ?? 1);
const ITEMS = LONG ? 200 : 10;

let sluice: Gated;
beforeAll(async () => {
  sluice = await startGated();
});
afterAll(() => sluice.close());

const COMMAND = 'cat "$INPUT" > "$OUTPUT_DIR/out.txt"';
const MERGE = `merge: { command: 'xargs cat < "$INPUT_LIST" > "$OUTPUT_DIR/all.txt"', outputs: [all.txt] }`;

test('a run whose every fifth answer breaks off in its middle ends as if nothing had happened', async () => {
  const random = seeded(SEED);
  let cut = 0;
  const judge = ({ headers }: Passing): Verdict => {
    // What tasks ask for is signed in the URL.
    const isCut = headers.authorization !== undefined && random() < 0.2;
    cut += Number(isCut);
    return isCut ? 'cutAnswer' : 'forward';
  };
  sluice.storageGate.judge = judge;
  sluice.batchGate.judge = judge;
  const files = Object.fromEntries(Array.from({ length: ITEMS }, (_, n) => [`in/${n}`, `${n}\n`]));
  const id = await start(sluice, { name: 'broken', command: COMMAND, pack: 2, rest: MERGE }, files);
  const run = await cleanedUp(sluice, id);
  sluice.storageGate.judge = () => 'forward';
  sluice.batchGate.judge = () => 'forward';
  expect(run).toMatchObject({ status: 'Succeeded', error: null });
  const attempts = [...byName(await sluice.manifest(id)).values()].map((item) => item.attempts);
  expect(attempts.map(({ length }) => length)).toEqual(Array.from({ length: ITEMS }, () => 1));
  expect(cut).toBeGreaterThan(10);
}, 300_000);
