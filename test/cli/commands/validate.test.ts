import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runCli } from '../cli.ts';

const GOOD = 'examples/log-rollup/pipeline.yaml';
const BROKEN = `name: Bad Name
on: { drop: { container: in, match: ['**'] } }
tasks:
  forEach: drop
  comand: 'true'
  outputs: [a.txt]
pool: { vmSize: Standard_D2as_v5, nodes: { max: 0 } }
`;

let folder: string;
let broken: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-validate-'));
  broken = join(folder, 'broken.yaml');
  writeFileSync(broken, BROKEN);
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('validate', () => {
  test('says of a good file how to store it, without any service', async () => {
    const { code, stdout } = await runCli(['validate', GOOD], {
      env: { SLUICE_URL: 'http://127.0.0.1:1' },
    });
    expect(stdout).toBe(`${GOOD}: log-rollup is valid; store it with: npx sluice apply ${GOOD}\n`);
    expect(code).toBe(0);
  });

  test('names every fault with line, column and fix, in the order of the file', async () => {
    const { code, stdout, stderr } = await runCli(['validate', broken]);
    expect([code, stdout]).toEqual([2, '']);
    const places = [...stderr.matchAll(/broken\.yaml:(\d+):(\d+) {2}(\S+):/g)];
    expect(places.map(([, line, column, path]) => `${line}:${column} ${path}`)).toEqual([
      '1:7 name',
      '2:26 on.drop.container',
      '3:1 tasks.command',
      '5:3 tasks.comand',
      '7:49 pool.nodes.max',
    ]);
    expect(stderr.match(/fix: /g)).toHaveLength(5);
  });

  test('gives JSON for all files, and 2 when one of them is wrong', async () => {
    const { code, stdout } = await runCli(['validate', GOOD, broken, '/no/such', '--json']);
    const verdicts = JSON.parse(stdout) as { valid: boolean; problems: unknown[] }[];
    expect(verdicts.map(({ valid }) => valid)).toEqual([true, false, false]);
    expect(verdicts.map(({ problems }) => problems.length)).toEqual([0, 5, 0]);
    expect(verdicts[2]).toMatchObject({ message: 'there is no such file' });
    expect(code).toBe(2);
  });
});
