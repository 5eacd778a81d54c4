import { describe, expect, test } from 'vitest';
import { reservedFor } from '../../../lib/plan/fields/environment.ts';
import { parsePipeline } from '../../../lib/plan/parse-pipeline.ts';
import { poolSpec } from '../../../lib/plan/pool-spec.ts';
import { type TaskSpec, withSurroundings } from '../../../lib/plan/task-spec.ts';

const base = (tasks: string, rest = '', pool = ''): string => `name: p
on: { drop: { container: incoming, match: ["*"] } }
tasks:
  forEach: drop
  command: "true"
  outputs: [x]
  ${tasks}
pool: { vmSize: Standard_D2as_v5, nodes: { max: 1 }${pool} }
${rest}
`;

function good(source: string) {
  const { pipeline, problems } = parsePipeline(source, 'p.yaml');
  expect(problems).toBeUndefined();
  return pipeline!;
}

test('variables, secrets, container, setup, packages and concurrency are read', () => {
  const pipeline = good(
    base(
      'environment: { MODE: fast, COUNT: 3, DEBUG: true }\n  secrets: { TOKEN: API_TOKEN }\n  container: { image: "ghcr.io/o/tool:1.2" }',
      'concurrency: queue',
      ', setup: { command: "apt-get install -y jq" }, packages: [{ id: ffmpeg, version: "7.1" }]',
    ),
  );
  expect(pipeline.tasks.environment).toEqual({ MODE: 'fast', COUNT: '3', DEBUG: 'true' });
  expect(pipeline.tasks.secrets).toEqual({ TOKEN: 'API_TOKEN' });
  expect(pipeline.concurrency).toBe('queue');
  expect(pipeline.pool.setup).toEqual({ command: 'apt-get install -y jq', timeout: 900 });
  expect(poolSpec(pipeline, 'r')).toMatchObject({
    id: 'r',
    virtualMachineConfiguration: {
      containerConfiguration: {
        type: 'dockerCompatible',
        containerImageNames: ['ghcr.io/o/tool:1.2'],
      },
    },
    startTask: {
      waitForSuccess: true,
      environmentSettings: [{ name: 'SLUICE_SETUP', value: 'apt-get install -y jq' }],
      userIdentity: { autoUser: { scope: 'pool', elevationLevel: 'admin' } },
    },
    applicationPackageReferences: [{ applicationId: 'ffmpeg', version: '7.1' }],
  });
});

test('a pool of a pipeline without these fields has none of them', () => {
  const spec = poolSpec(good(base('')), 'r');
  expect(Object.keys(spec)).toEqual([
    'id',
    'vmSize',
    'virtualMachineConfiguration',
    'taskSlotsPerNode',
  ]);
  expect(spec.virtualMachineConfiguration).not.toHaveProperty('containerConfiguration');
});

test("a task's own variables come after those of the pipeline, so that they stand", () => {
  const spec: TaskSpec = {
    id: 't',
    commandLine: 'true',
    resourceFiles: [],
    outputFiles: [],
    environmentSettings: [{ name: 'SLUICE_COUNT', value: '1' }],
    constraints: { maxTaskRetryCount: 0, maxWallClockTime: 'PT1S', retentionTime: 'P1D' },
  };
  const { tasks } = good(base('environment: { A: a }\n  container: { image: alpine }'));
  expect(withSurroundings(spec, tasks, { B: 'b' })).toMatchObject({
    environmentSettings: [
      { name: 'A', value: 'a' },
      { name: 'B', value: 'b' },
      { name: 'SLUICE_COUNT', value: '1' },
    ],
    containerSettings: { imageName: 'alpine', workingDirectory: 'taskWorkingDirectory' },
  });
});

test.each([
  ['environment: { PATH: /bin }', 'tasks.environment.PATH', "is the node's"],
  ['environment: { INPUT: x }', 'tasks.environment.INPUT', 'which Sluice sets for each item'],
  ['environment: { AZ_BATCH_X: x }', 'tasks.environment.AZ_BATCH_X', 'AZ_BATCH_'],
  ['environment: { PARAM_X: x }', 'tasks.environment.PARAM_X', 'PARAM_'],
  ['environment: { SLUICE_X: x }', 'tasks.environment.SLUICE_X', 'SLUICE_'],
  ['environment: { "a b": x }', 'tasks.environment.a b', 'letters, digits and underscores'],
  ['environment: { A: [1] }', 'tasks.environment.A', 'text of at most'],
  ['secrets: { PATH: API_TOKEN }', 'tasks.secrets.PATH', "is the node's"],
  ['secrets: { A: SLUICE_STORAGE_KEY }', 'tasks.secrets.A', "not one of the app's own"],
  ['secrets: { A: AzureWebJobsStorage }', 'tasks.secrets.A', "not one of the app's own"],
  ['secrets: { A: "s3cr3t!" }', 'tasks.secrets.A', 'never the secret itself'],
  ['environment: { A: x }\n  secrets: { A: B }', 'tasks.secrets.A', "not in 'environment' too"],
  ['container: { image: "-v /:/x" }', 'tasks.container.image', 'the name of an image'],
  ['container: { img: x }', 'tasks.container.img', 'image'],
])('%s is refused at its place, with the reason', (line, path, expected) => {
  const { problems } = parsePipeline(base(line), 'p.yaml');
  expect(problems?.map((problem) => problem.path)).toContain(path);
  expect(problems!.find((problem) => problem.path === path)!.expected).toContain(expected);
});

test.each([
  [', setup: { timeout: 1m }', 'pool.setup.command'],
  [', setup: { command: "true", timeout: 2h }', 'pool.setup.timeout'],
  [', packages: []', 'pool.packages'],
  [', packages: [{ id: "a b" }]', 'pool.packages.0.id'],
])('a pool with %s is refused', (line, path) => {
  const { problems } = parsePipeline(base('', '', line), 'p.yaml');
  expect(problems?.map((problem) => problem.path)).toEqual([path]);
});

test('a way to overlap that is none is refused', () => {
  const { problems } = parsePipeline(base('', 'concurrency: wait'), 'p.yaml');
  expect(problems).toMatchObject([
    { path: 'concurrency', expected: expect.stringContaining('queue') },
  ]);
});

describe('names that the task script uses', () => {
  test.each([
    'root',
    'up',
    'limit',
    'command',
    'status',
    'IFS',
    'now',
    'promise',
    'booted',
    'ATTEMPT',
  ])('%s may not be set', (name) => expect(reservedFor(name)).toContain('which Sluice sets'));
  test.each(['HOME', 'LANG', 'http_proxy', 'OMP_NUM_THREADS', 'TMPDIR'])('%s may', (name) =>
    expect(reservedFor(name)).toBeNull(),
  );
});
