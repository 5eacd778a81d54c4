import { copyFileSync, mkdirSync, statSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { call } from '../support/durable-client.ts';
import {
  run,
  start,
  startHost,
  temporaryDirectory,
  until,
  untilEnd,
} from '../support/running-host.ts';

/**
 * After a power cut the end of what was written may be missing from the disk, in the middle of a
 * record even. Here it is cut off the log of a host that was killed.
 */
const area = temporaryDirectory();
const killed = join(area.path, 'killed');

beforeAll(async () => {
  const host = await startHost({ dataDir: killed });
  await run(host, 'fanOut', { count: 20 }, 'ended');
  await start(host, 'chain', { steps: 60 }, 'under way');
  await until(host, 'under way', 'Running');
  await host.kill('SIGKILL');
});
afterAll(() => area.remove());

it.each([0, 0.35, 0.55, 0.8, 1])(
  'a host goes on with the first %d of what was written',
  async (share) => {
    const dataDir = join(area.path, `cut-${share}`);
    cut(share, dataDir);
    const host = await startHost({ dataDir });
    try {
      const known = await idsOf(host);
      if (share === 1) expect(known).toEqual(['ended', 'under way']);
      if (known.includes('ended')) {
        expect((await untilEnd(host, 'ended')).output).toMatchObject({ sum: 2_870 });
      }
      if (known.includes('under way')) {
        expect((await untilEnd(host, 'under way')).output).toBe(61);
      }
      expect((await run(host, 'chain', { steps: 2 })).output).toBe(3);
    } finally {
      await host.kill('SIGKILL');
    }
  },
);

function cut(share: number, dataDir: string): void {
  mkdirSync(dataDir);
  copyFileSync(join(killed, 'host.sqlite'), join(dataDir, 'host.sqlite'));
  const log = join(dataDir, 'host.sqlite-wal');
  copyFileSync(join(killed, 'host.sqlite-wal'), log);
  truncateSync(log, Math.floor(statSync(log).size * share));
}

async function idsOf(host: Awaited<ReturnType<typeof startHost>>): Promise<string[]> {
  const { body } = await call(host, 'GET', 'instances');
  return (body as { instanceId: string }[]).map(({ instanceId }) => instanceId);
}
