import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { post, textOf } from './actions.ts';
import { type Manifest, type ManifestItem, type Sluice, startSluice, until } from './harness.ts';

let sluice: Sluice;

beforeAll(async () => {
  sluice = await startSluice();
});
afterAll(() => sluice.close());

/** A pipeline that starts by request alone unless `on` is given; each item writes what it got. */
function pipeline(fields: {
  name: string;
  tasks: string;
  command?: string;
  rest?: string;
}): string {
  const command =
    fields.command ?? 'env | grep -E "^(PARAM_|LINE=|NAME=)" | sort > "$OUTPUT_DIR/out.txt"';
  return `name: ${fields.name}
tasks:
  ${fields.tasks.trim().replaceAll('\n', '\n  ')}
  command: |
    ${command.replaceAll('\n', '\n    ')}
  outputs: [out.txt]
  timeout: 1m
pool: { vmSize: Standard_D2as_v5, nodes: { max: 2 }, slots: 2 }
${fields.rest ?? ''}
`;
}

const ask = (body: object) => post(sluice, '/runs', body);

/** Asks for a run and waits for its manifest. */
async function run(body: object): Promise<Manifest> {
  const { status, body: view } = await ask(body);
  expect({ status, view }).toMatchObject({ status: 201 });
  return finished(view.id);
}

function finished(id: string, generation = 1): Promise<Manifest> {
  return until(`run ${id} has a manifest`, async () => {
    const manifest = await sluice.manifest(id).catch(() => null);
    return manifest?.generation === generation ? manifest : null;
  });
}

function output({ outputs: [file] }: ManifestItem): Promise<string> {
  return textOf(sluice, file!.url);
}

async function outputs(manifest: Manifest): Promise<string[]> {
  expect(manifest).toMatchObject({ run: { status: 'Succeeded' } });
  const texts: string[] = [];
  for (const item of manifest.items ?? []) texts.push(await output(item));
  return texts;
}

test('a list makes an item of each object, with parameters of the run beside its fields', async () => {
  await sluice.apply(
    pipeline({
      name: 'cities',
      tasks:
        'forEach: list\npack: 2\nlist: [{ city: "O\'Hara; $(id)", year: 2026 }, { city: Ulm }]',
      rest: `params: { unit: { type: string, default: m, enum: [m, ft] } }
merge: { command: 'printf %s "$PARAM_UNIT" > "$OUTPUT_DIR/unit.txt"', outputs: [unit.txt] }`,
    }),
  );
  const own = await run({ pipeline: 'cities' });
  expect(await outputs(own)).toEqual([
    "PARAM_CITY=O'Hara; $(id)\nPARAM_UNIT=m\nPARAM_YEAR=2026\n",
    'PARAM_CITY=Ulm\nPARAM_UNIT=m\n',
  ]);
  expect(own.run.params).toEqual({ unit: 'm' });
  expect(own.items![1]).toMatchObject({ inputs: [], range: null, values: { PARAM_CITY: 'Ulm' } });
  expect(own.merge?.outputs).toMatchObject([{ name: 'unit.txt', size: 1 }]);

  const asked = await run({
    pipeline: 'cities',
    params: { unit: 'ft' },
    inputs: [{ town: 'Köln\nline 2' }],
  });
  expect(await outputs(asked)).toEqual(['PARAM_TOWN=Köln\nPARAM_UNIT=ft\n']);
});

test('parameters that do not fit are refused with their name, type, limits and what came', async () => {
  await sluice.apply(
    pipeline({
      name: 'limited',
      tasks: 'forEach: list\nlist: [{ x: 1 }]',
      rest: 'params: { samples: { type: integer, min: 1, max: 9 }, mode: { type: string, default: a } }',
    }),
  );
  const refusals = [
    [{}, "'samples' is missing: it must be an integer of at least 1 and at most 9."],
    [{ samples: 10 }, "'samples' must be an integer of at least 1 and at most 9; it is 10."],
    [{ samples: 2.5 }, 'it is 2.5.'],
    [{ samples: 2, mood: 'x' }, "There is no parameter 'mood'; the pipeline has samples, mode."],
  ] as const;
  for (const [params, detail] of refusals) {
    const answer = await ask({ pipeline: 'limited', params });
    expect(answer.status).toBe(422);
    expect(answer.body).toMatchObject({ code: 'InvalidParams' });
    expect(answer.body.detail).toContain(detail);
  }
});

test('a matrix makes an item of each point', async () => {
  await sluice.apply(
    pipeline({
      name: 'grid',
      tasks: `forEach: matrix
pack: 10
matrix:
  parameters: { a: [x, y], b: { from: 0, to: 0.2, step: 0.1 } }
  exclude: [{ a: y, b: 0.1 }]
  include: [{ a: z, b: 7 }]`,
    }),
  );
  const texts = await outputs(await run({ pipeline: 'grid' }));
  expect(
    texts.map((text) =>
      text
        .replaceAll(/PARAM_\w=/g, '')
        .trim()
        .replace('\n', ' '),
    ),
  ).toEqual(['x 0', 'x 0.1', 'x 0.2', 'y 0', 'y 0.2', 'z 7']);
});

test('a prefix makes an item of each blob that matches when the run is planned, and none is no failure', async () => {
  await sluice.apply(
    pipeline({
      name: 'archive',
      tasks: `forEach: prefix\npack: 5\nprefix: { container: archive, prefix: 2026/, match: ["**/*.txt"] }`,
      command: 'cat "$INPUT" > "$OUTPUT_DIR/out.txt"',
    }),
  );
  await sluice.blobs.getContainerClient('archive').create();
  const none = await run({ pipeline: 'archive' });
  expect(none).toMatchObject({ run: { status: 'Succeeded' }, counts: { items: 0 } });
  await sluice.drop('archive', {
    '2026/a.txt': 'A',
    '2026/b/c.txt': 'C',
    '2026/d.bin': 'D',
    '2025/e.txt': 'E',
  });
  expect(await outputs(await run({ pipeline: 'archive' }))).toEqual(['A', 'C']);
});

test('each record of a CSV is an item, and a redrive runs again just the one that failed', async () => {
  await sluice.apply(
    pipeline({
      name: 'records',
      tasks: 'forEach: lines\npack: 3\nlines: { format: csv }',
      command: `[ "$PARAM_FIRST_NAME" != Bo ] || [ -z "$PARAM_MARK" ] || [ -e "$PARAM_MARK" ] || exit 9
cmp -s "$INPUT" <(printf '%s\\n' "$LINE")
printf '%s|%s|%s' "$PARAM_FIRST_NAME" "$PARAM_NOTE" "$NAME" > "$OUTPUT_DIR/out.txt"`,
      rest: 'params: { mark: { type: string, default: "" } }',
    }),
  );
  await sluice.blobs.getContainerClient('tables').create();
  await sluice.drop('tables', {
    'people.csv':
      '\u{FEFF}First name,note\r\nAnn,"a ""quoted"", note"\r\nBo,"two\r\nlines"\r\n\r\nÇem,\'$(id)\'',
  });
  const inputs = [{ container: 'tables', name: 'people.csv' }];
  const good = await run({ pipeline: 'records', inputs });
  expect(await outputs(good)).toEqual([
    'Ann|a "quoted", note|people.csv',
    'Bo|two\r\nlines|people.csv',
    "Çem|'$(id)'|people.csv",
  ]);
  expect(good.items![0]).toMatchObject({
    inputs: [{ name: 'people.csv' }],
    range: { start: 20, end: 46 },
    values: { PARAM_FIRST_NAME: 'Ann' },
  });

  const mark = join(sluice.dataDir, "it's fine");
  const failed = await run({ pipeline: 'records', inputs, params: { mark } });
  expect(failed.items!.map(({ status }) => status)).toEqual(['Succeeded', 'Failed', 'Succeeded']);
  expect(failed.items![1]).toMatchObject({ cause: 'ExitCode', attempts: [{ exitCode: 9 }] });
  writeFileSync(mark, '');
  await until('it is cleaned up', async () => {
    const { status } = await post(sluice, `/runs/${failed.run.id}/redrive`, {});
    return status < 300 ? true : null;
  });
  const again = await finished(failed.run.id, 2);
  expect(again.items!.map(({ attempts }) => attempts.length)).toEqual([1, 2, 1]);
  expect(again).toMatchObject({ run: { status: 'Succeeded', params: { mark } } });
  expect(await output(again.items![1]!)).toBe('Bo|two\r\nlines|people.csv');
});

test('a broken input ends the run with the blob, the line and what to do', async () => {
  await sluice.drop('tables', {
    'broken.csv': 'First name,note\na,b\nc\n',
    'clash.csv': 'MARK,a\n1,2\n',
  });
  const short = await run({
    pipeline: 'records',
    inputs: [{ container: 'tables', name: 'broken.csv' }],
  });
  expect(short).toMatchObject({
    run: { status: 'Failed' },
    error: {
      code: 'BadInput',
      message: 'tables/broken.csv, line 3: it has 1 fields, and the header has 2.',
    },
    counts: { items: 0 },
  });
  const clash = await run({
    pipeline: 'records',
    inputs: [`${sluice.urls.blob}/tables/clash.csv`],
  });
  expect(clash.error?.message).toContain(
    'the parameter "mark" and the column "MARK" would both be PARAM_MARK',
  );
});

test('chunks are cut at line ends and fetched by the tasks; together they are the blob', async () => {
  await sluice.apply(
    pipeline({
      name: 'pieces',
      tasks: 'forEach: chunks\npack: { count: 4, bytes: 4KiB }\nchunks: { bytes: 2KiB }',
      command: 'cat "$INPUT" > "$OUTPUT_DIR/out.txt"',
    }),
  );
  await sluice.blobs.getContainerClient('logs').create();
  const text = Array.from(
    { length: 400 },
    (_, n) => `${n}: größer und schöner ${'x'.repeat(n % 40)}\n`,
  ).join('');
  await sluice.drop('logs', { 'big.txt': text });
  const manifest = await run({
    pipeline: 'pieces',
    inputs: [{ container: 'logs', prefix: 'big' }],
  });
  const texts = await outputs(manifest);
  expect(texts.length).toBeGreaterThan(5);
  expect(texts.join('')).toBe(text);
  expect(texts.every((piece) => piece.endsWith('\n'))).toBe(true);
});

test('a blob that is overwritten while its chunks wait fails them as changed', async () => {
  await sluice.apply(
    pipeline({
      name: 'moving',
      tasks: 'forEach: chunks\nchunks: { bytes: 1KiB }',
      command: 'cat "$INPUT" > "$OUTPUT_DIR/out.txt"',
      rest: 'tolerate: 100%',
    }),
  );
  const line = `${'y'.repeat(99)}\n`;
  await sluice.drop('logs', { 'moving.txt': line.repeat(30) });
  const { body } = await ask({
    pipeline: 'moving',
    inputs: [{ container: 'logs', name: 'moving.txt' }],
  });
  const id = body.id;
  await until('it is planned', async () => {
    const plan = sluice.blobs.getContainerClient('sluice').getBlobClient(`runs/${id}/plan.json`);
    return (await plan.exists()) ? true : null;
  });
  await sluice.drop('logs', { 'moving.txt': line.repeat(31) });
  const manifest = await finished(id);
  expect(manifest.counts.items).toBe(3);
  // A task that was quick has read the planned version; none reads another.
  for (const item of manifest.items!) {
    if (item.status === 'Failed') expect(item.cause).toBe('InputChanged');
    else expect((await output(item)).length % line.length).toBe(0);
  }
});

test('inputs that name nothing, or no container, are refused with what to write', async () => {
  const refusals = [
    [{ pipeline: 'pieces' }, "'inputs' is missing"],
    [{ pipeline: 'pieces', inputs: ['big.txt'] }, 'must tell the container'],
    [
      { pipeline: 'pieces', inputs: [{ container: 'logs', name: 'none' }] },
      'there is no "logs/none"',
    ],
    [{ pipeline: 'pieces', inputs: ['https://example.com/a/b'] }, 'is none'],
    [{ pipeline: 'pieces', inputs: [{ container: 'sluice', prefix: '' }] }, 'may not'],
    [{ pipeline: 'grid', inputs: ['a'] }, 'items come from tasks.matrix'],
  ] as const;
  for (const [body, detail] of refusals) {
    const answer = await ask(body);
    expect([answer.status, answer.body.detail]).toEqual([400, expect.stringContaining(detail)]);
  }
});
