import { afterAll, beforeAll, expect, test } from 'vitest';
import { pipelineFile, until } from '../e2e/harness.ts';
import { type Gated, runOver, startGated } from './gated.ts';

/** Some merge tasks end with an exit code and without a record, as one does whose node is lost or whose files do not come. */
const simulation = {
  tasks: [
    { jobId: '^(mended|fenced)-', taskId: '^merge-a1$', exitCode: 1 },
    { jobId: '^hopeless-', taskId: '^merge-', exitCode: 1 },
  ],
};
const COPY = 'cat "$INPUT" > "$OUTPUT_DIR/out.txt"';
const MERGE = `merge: { command: 'xargs cat < "$INPUT_LIST" > "$OUTPUT_DIR/all.txt"', outputs: [all.txt] }`;
const TASKS = 'retry: { attempts: 2, on: [node], backoff: 2s }';
const FILES = { a: 'of a;', b: 'of b;' };

let sluice: Gated;
beforeAll(async () => {
  sluice = await startGated({ simulation });
});
afterAll(() => sluice.close());

async function merged(name: string, rest = MERGE) {
  await sluice.apply(pipelineFile({ name, command: COPY, match: 'none', tasks: TASKS, rest }));
  await runOver(sluice, name, FILES);
  const [run] = await sluice.finished(name, 2);
  return sluice.manifest(run!.id);
}

test.concurrent('a merge that failed by the machinery is tried again under the rule that items have', async () => {
  const manifest = await merged('mended');
  expect(manifest.run.status).toBe('Succeeded');
  expect(manifest.merge).toMatchObject({
    status: 'Succeeded',
    outputs: [{ name: 'all.txt', size: 10 }],
    attempts: [
      { attempt: 1, task: 'merge-a1', status: 'Failed', cause: 'Node', exitCode: 1 },
      { attempt: 2, task: 'merge-a2', status: 'Succeeded', cause: null, exitCode: 0 },
    ],
  });
  const [first, second] = manifest.merge!.attempts;
  // Times of records are whole seconds.
  const pause = Date.parse(second!.startedAt!) - Date.parse(first!.endedAt!);
  expect(pause).toBeGreaterThanOrEqual(1000);
});

test.concurrent('a merge that fails each time is given up after as many attempts as an item', async () => {
  const manifest = await merged('hopeless');
  expect(manifest.run.status).toBe('Failed');
  expect(manifest.counts).toMatchObject({ succeeded: 2, failed: 0 });
  expect(manifest.merge).toMatchObject({ status: 'Failed', cause: 'Node' });
  expect(manifest.merge!.attempts.map(({ task }) => task)).toEqual(['merge-a1', 'merge-a2']);
});

test.concurrent('a merge whose command failed is not tried again unless the rule says so', async () => {
  const manifest = await merged('refused', "merge: { command: 'exit 7', outputs: [all.txt] }");
  expect(manifest.merge).toMatchObject({
    status: 'Failed',
    cause: 'ExitCode',
    attempts: [{ attempt: 1, exitCode: 7 }],
  });
});

test.concurrent('a run that is taken over between two attempts at its merge makes no attempt more', async () => {
  const held = sluice.batchGate.holdNext(
    ({ method, url, body }) =>
      method === 'POST' && url.includes('/fenced-') && body.includes('"merge-a2"'),
  );
  const name = 'fenced';
  await sluice.apply(
    pipelineFile({ name, command: COPY, match: 'none', tasks: TASKS, rest: MERGE }),
  );
  await runOver(sluice, name, FILES);
  const second = await held;
  const [run] = await sluice.runs(name);
  await sluice.instance(`${run!.id}-e1`, 'terminate');
  await until('the run has been taken over and is over', async () => {
    await sluice.sweep();
    return (await sluice.runs(name))[0]!.phase === 'done' ? true : null;
  });
  await second.release();
  const { merge } = await sluice.manifest(run!.id);
  expect(merge).toMatchObject({ status: 'Succeeded', outputs: [{ size: 10 }] });
  expect(merge!.attempts.map(({ task }) => task)).toEqual(['merge-a1', 'merge-a2']);
});
