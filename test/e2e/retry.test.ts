import { rmSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { cleanedUp, cli, start, textOf, timesRun } from './actions.ts';
import {
  byName,
  type ManifestItem,
  type pipelineFile,
  type Sluice,
  startSluice,
  temporaryFolder,
} from './harness.ts';

/** Where commands count how often they ran. */
const folder = temporaryFolder();
let sluice: Sluice;

beforeAll(async () => {
  sluice = await startSluice();
});
afterAll(async () => {
  await sluice.close();
  rmSync(folder, { recursive: true, force: true });
});

const COUNT = `echo >> "${folder}/$NAME"
times=$(wc -l < "${folder}/$NAME")`;

async function finished(
  name: string,
  files: string[],
  fields: Partial<Parameters<typeof pipelineFile>[0]>,
) {
  const bodies = Object.fromEntries(files.map((file) => [file, file]));
  const id = await start(sluice, { name, command: 'true', ...fields }, bodies);
  const run = await cleanedUp(sluice, id);
  return { run, manifest: await sluice.manifest(run.id) };
}

test.concurrent('items that end with a listed exit code are tried again after a growing pause, others are not', async () => {
  const command = `${COUNT}
echo "try $times" >&2
case "$NAME" in
  retry-mends) [ "$times" -ge 3 ] || exit 75 ;;
  retry-never) exit 104 ;;
  retry-other) exit 76 ;;
esac
echo fine > "$OUTPUT_DIR/out.txt"`;
  const files = ['retry-mends', 'retry-never', 'retry-other', 'retry-good'];
  const retry = 'retry: { attempts: 3, on: [exit: [75, 100-110]], backoff: 1s }';
  const { run, manifest } = await finished('retried', files, { command, tasks: retry });
  const items = byName(manifest);
  const codes = (name: string) => items.get(name)!.attempts.map(({ exitCode }) => exitCode);
  expect(codes('retry-mends')).toEqual([75, 75, 0]);
  expect(codes('retry-never')).toEqual([104, 104, 104]);
  expect(codes('retry-other')).toEqual([76]);
  expect(codes('retry-good')).toEqual([0]);
  expect(items.get('retry-mends')).toMatchObject({ status: 'Succeeded', cause: null });
  expect(items.get('retry-never')).toMatchObject({ status: 'Failed', cause: 'ExitCode' });
  const { attempts } = items.get('retry-mends')!;
  expect(attempts.map(({ attempt, task }) => `${attempt} ${task.slice(-3)}`)).toEqual([
    '1 -a1',
    '2 -a2',
    '3 -a3',
  ]);
  const starts = attempts.map(({ startedAt }) => Date.parse(startedAt!) / 1000);
  // Times are whole seconds, so a second may be missing from a pause.
  expect(starts[1]! - starts[0]!).toBeGreaterThanOrEqual(1);
  expect(starts[2]! - starts[1]!).toBeGreaterThanOrEqual(1);
  for (const [index, { stderr }] of attempts.entries()) {
    expect(await textOf(sluice, stderr!)).toBe(`try ${index + 1}\n`);
  }
  expect(run).toMatchObject({ status: 'Failed', counts: { succeeded: 2, failed: 2 } });
});

test.concurrent('of a pack only the items that failed are run again', async () => {
  const command = `${COUNT}
[ "$NAME" != pack-b ] || [ "$times" -ge 2 ] || exit 1
cp "$INPUT" "$OUTPUT_DIR/out.txt"`;
  const files = ['pack-a', 'pack-b', 'pack-c', 'pack-d'];
  const { run, manifest } = await finished('packed', files, {
    command,
    pack: 4,
    tasks: 'retry: { on: [exit], backoff: 0s }',
  });
  expect(run.status).toBe('Succeeded');
  expect(manifest.items!.map(({ outputs }) => outputs.length)).toEqual([1, 1, 1, 1]);
  const tried = [...byName(manifest)].map(([name, item]) => [
    name,
    item.attempts.length,
    timesRun(folder, name),
  ]);
  expect(tried).toEqual([
    ['pack-a', 1, 1],
    ['pack-b', 2, 2],
    ['pack-c', 1, 1],
    ['pack-d', 1, 1],
  ]);
});

test.concurrent('a run ends as soon as it cannot stay within what it tolerates, and the rest is not run', async () => {
  const command = `case "$NAME" in bad*) echo "cannot read $NAME at $RANDOM" >&2; exit 9 ;; esac
sleep 600`;
  const files = ['bad-1', 'bad-2', ...Array.from({ length: 9 }, (_, index) => `slow-${index}`)];
  const { run, manifest } = await finished('early', files, { command, rest: 'tolerate: 1' });
  expect(run).toMatchObject({ status: 'Failed', error: { code: 'ToleranceExceeded' } });
  expect(manifest.counts).toEqual({ items: 11, succeeded: 0, failed: 11, cancelled: 0 });
  const causes = [...byName(manifest)].map(([name, { cause }]) => [name.slice(0, 3), cause]);
  expect(causes.filter(([name]) => name === 'bad')).toEqual([
    ['bad', 'ExitCode'],
    ['bad', 'ExitCode'],
  ]);
  expect(causes.filter(([name, cause]) => name === 'slo' && cause === 'NotRun')).toHaveLength(9);
  expect(manifest.failures).toMatchObject([
    { cause: 'NotRun', items: 9, line: null },
    { cause: 'ExitCode', exitCode: 9, items: 2, line: 'cannot read * at #' },
  ]);
  const shown = await cli(sluice, 'status', run.id);
  expect(shown.status).toBe(1);
  expect(shown.stdout).toMatch(/2 +ExitCode +9 +cannot read \* at #/);
});

test.concurrent('each failure shows the end of its stderr; the whole of it is kept, and served on demand', async () => {
  const command = `[ "$NAME" = tail-quiet ] && exit 4
echo to-stdout
for n in $(seq 300); do echo 'a line of thirty characters...' >&2; done
echo "no such thing: $NAME" >&2
exit 3`;
  const files = ['tail-1', 'tail-2', 'tail-quiet'];
  const { run, manifest } = await finished('tails', files, { command });
  const [first, , quiet] = manifest.items!;
  expect(first!.stderrTail).toHaveLength(4096);
  expect(first!.stderrTail).toMatch(/no such thing: tail-1\n$/);
  expect(quiet).toMatchObject({ stderrTail: null, attempts: [{ stderr: null, exitCode: 4 }] });
  expect((await textOf(sluice, first!.attempts[0]!.stderr!)).length).toBeGreaterThan(9000);
  expect(manifest.failures.map(({ items, line }) => [items, line])).toEqual([
    [2, 'no such thing: *'],
    [1, null],
  ]);
  expect((await sluice.runs('tails'))[0]!.failures).toEqual(manifest.failures);
  const item = `${sluice.urls.api}/runs/${run.id}/items/${first!.id}`;
  expect(await (await fetch(`${item}/stderr`)).text()).toBe(first!.stderrTail);
  expect(await (await fetch(`${item}/stderr?bytes=7`)).text()).toBe('tail-1\n');
  expect(await (await fetch(`${item}/stdout?attempt=1`)).text()).toBe('to-stdout\n');
  expect((await fetch(`${item}/stderr?attempt=2`)).status).toBe(404);
  expect((await fetch(`${item}/stderr?bytes=none`)).status).toBe(400);
  const quietItem = `${sluice.urls.api}/runs/${run.id}/items/${quiet!.id}/stderr`;
  expect(await (await fetch(quietItem)).json()).toMatchObject({ code: 'NotFound' });
});

test.concurrent('an item that takes its task along is tried again alone, and costs those behind it one attempt', async () => {
  const command = `${COUNT}
if [ "$NAME" = kill-b ] && [ "$times" -lt 2 ]; then kill -9 "$(ps -o ppid= -p "$PPID" | tr -d ' ')"; sleep 60; fi
cp "$INPUT" "$OUTPUT_DIR/out.txt"`;
  const { run, manifest } = await finished('killed', ['kill-a', 'kill-b', 'kill-c'], {
    command,
    pack: 3,
    tasks: 'retry: { on: [node], backoff: 0s }',
  });
  expect(run.status).toBe('Succeeded');
  const [done, ...others] = [...byName(manifest).values()];
  // What was done before is uploaded, although the task had a bad end.
  expect(done!.attempts).toMatchObject([{ cause: null, exitCode: 0 }]);
  for (const { attempts } of others) {
    expect(attempts).toMatchObject([
      { cause: 'Node', exitCode: 137, stdout: null },
      { cause: null, exitCode: 0 },
    ]);
  }
  const tasks = others.flatMap(({ attempts }) => attempts.map(({ task }) => task));
  expect(new Set(tasks).size).toBe(3);
});

test.concurrent('what was printed is kept of an item that took its task along', async () => {
  const command = `echo "began $NAME"
echo "about to go" >&2
kill -9 "$(ps -o ppid= -p "$PPID" | tr -d ' ')"
sleep 60`;
  const tasks = 'retry: { attempts: 1 }';
  const { manifest } = await finished('gone', ['gone-a'], { command, tasks });
  const [item] = manifest.items!;
  expect(item).toMatchObject({ status: 'Failed', cause: 'Node', stderrTail: 'about to go\n' });
  const [attempt] = item!.attempts;
  expect(await textOf(sluice, attempt!.stdout!)).toBe('began gone-a\n');
  expect(await textOf(sluice, attempt!.stderr!)).toBe('about to go\n');
});

test.concurrent('the first hundred failures of a kind show their stderr, and that of the others is served on demand', async () => {
  const files = Array.from({ length: 103 }, (_, index) => `many-${index}`);
  const { run, manifest } = await finished('many', files, {
    command: 'echo "bad: $NAME" >&2; exit 2',
    pack: 103,
  });
  expect(manifest.failures).toMatchObject([{ items: 103, line: 'bad: *' }]);
  expect(manifest.failures[0]!.examples).toHaveLength(10);
  const hidden = manifest.items!.filter(({ stderrTail }) => stderrTail === null);
  expect(hidden).toHaveLength(3);
  const [{ id, inputs }] = hidden as [ManifestItem];
  const served = await fetch(`${sluice.urls.api}/runs/${run.id}/items/${id}/stderr`);
  expect(await served.text()).toBe(`bad: ${inputs[0]!.name}\n`);
});
