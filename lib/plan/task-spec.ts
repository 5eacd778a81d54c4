import { isoDuration } from './duration.ts';
import type { Pipeline } from './pipeline-schema.ts';
import { type Input, type Item, type PlannedTask, stagingOf } from './plan.ts';
import { KILL_AFTER_SECONDS } from './item-script.ts';
import { assignments } from './variables.ts';

/** A Batch task as `addtaskcollection` takes it, as far as we use it. */
export interface TaskSpec {
  id: string;
  commandLine: string;
  resourceFiles: {
    httpUrl?: string;
    storageContainerUrl?: string;
    blobPrefix?: string;
    filePath?: string;
  }[];
  outputFiles: {
    filePattern: string;
    destination: { container: { containerUrl: string; path: string } };
    uploadOptions: { uploadCondition: 'taskcompletion' };
  }[];
  environmentSettings: Variable[];
  containerSettings?: {
    imageName: string;
    containerRunOptions?: string;
    workingDirectory: 'taskWorkingDirectory';
  };
  constraints: { maxTaskRetryCount: 0; maxWallClockTime: string; retentionTime: string };
}

/** An environment variable as Batch takes it. */
export interface Variable {
  name: string;
  value: string;
}

/** Signed URLs that a task gets to its files. */
export interface TaskUrls {
  /** The run's script, readable. */
  script: string;
  /** The work container, writable. */
  work: string;
  input(input: Input): string;
}

/** What the pipeline adds to every task: its container and its variables, `secrets` among them. */
export function withSurroundings(
  spec: TaskSpec,
  { container, environment = {} }: Pipeline['tasks'],
  secrets: Readonly<Record<string, string>>,
): TaskSpec {
  const given = Object.entries({ ...environment, ...secrets });
  const variables = given.map(([name, value]) => ({ name, value }));
  const all = { ...spec, environmentSettings: [...variables, ...spec.environmentSettings] };
  if (!container) return all;
  const { image: imageName, runOptions } = container;
  return {
    ...all,
    containerSettings: {
      imageName,
      workingDirectory: 'taskWorkingDirectory',
      ...(runOptions === undefined ? {} : { containerRunOptions: runOptions }),
    },
  };
}

/** The task of one attempt at a run's merge; attempts are counted through all generations. */
export function mergeTaskId(attempt: number): string {
  return `merge-a${attempt}`;
}

/** Seconds that staging and uploading may take on top of the commands' own limits. */
const STAGING_SECONDS = 3600;
/** Logs and outputs are uploaded, so a node need not keep what a task left. */
const RETENTION = 'P1D';

/** The task that carries some items. */
export function itemTask(
  pipeline: Pipeline,
  run: string,
  planned: PlannedTask,
  urls: TaskUrls,
): TaskSpec {
  const { items, attempt, task } = planned;
  const inputs = items.flatMap((item, index) =>
    item.input && stagingOf(item) === 'file'
      ? [{ httpUrl: urls.input(item.input), filePath: `in/${stagedName(item, index)}` }]
      : [],
  );
  const perItem = pipeline.tasks.timeout + KILL_AFTER_SECONDS;
  return {
    id: task,
    commandLine: '/bin/sh task.sh',
    resourceFiles: [{ httpUrl: urls.script, filePath: 'task.sh' }, ...inputs],
    outputFiles: [everythingIn('up', urls.work, `runs/${run}`)],
    environmentSettings: itemEnvironment(items, attempt, urls),
    constraints: constraints(perItem * items.length + STAGING_SECONDS),
  };
}

/** The task that merges the accepted outputs; `urls.accepted` lists them, `urls.outputs` is the work container, readable. */
export function mergeTask(
  merge: { timeout: number },
  { run, attempt, reusedRuns }: { run: string; attempt: number; reusedRuns: readonly string[] },
  urls: { script: string; accepted: string; outputs: string; work: string },
): TaskSpec {
  return {
    id: mergeTaskId(attempt),
    commandLine: '/bin/sh merge.sh',
    resourceFiles: [
      { httpUrl: urls.script, filePath: 'merge.sh' },
      { httpUrl: urls.accepted, filePath: 'accepted.txt' },
      ...[run, ...reusedRuns].map((each) => ({
        storageContainerUrl: urls.outputs,
        blobPrefix: `runs/${each}/out/`,
        filePath: 'staged',
      })),
    ],
    outputFiles: [everythingIn('up', urls.work, `runs/${run}/merge`)],
    environmentSettings: [
      { name: 'SLUICE_STAGED', value: `staged/runs/${run}/out` },
      { name: 'SLUICE_REUSED', value: 'staged/runs' },
      { name: 'SLUICE_ATTEMPT', value: String(attempt) },
    ],
    constraints: constraints(merge.timeout + KILL_AFTER_SECONDS + STAGING_SECONDS),
  };
}

/** A staged input has a generated name; only a plain extension is kept, since tools go by it. */
export function stagedName(item: Item, index: number): string {
  const extension = /\.[A-Za-z0-9]{1,10}$/.exec(item.input?.name ?? '')?.[0] ?? '';
  return `${index + 1}${extension}`;
}

function itemEnvironment(items: Item[], attempt: number, urls: TaskUrls): Variable[] {
  return [
    { name: 'SLUICE_COUNT', value: String(items.length) },
    ...items.flatMap((item, index) => itemSettings(item, { attempt, index, urls })),
  ];
}

function itemSettings(
  item: Item,
  { attempt, index, urls }: { attempt: number; index: number; urls: TaskUrls },
): Variable[] {
  const staging = stagingOf(item);
  const { id, input, range, line, values } = item;
  const settings: Record<string, string> = {
    ITEM: `${id} ${attempt} ${stagedName(item, index)} ${staging}`,
  };
  if (input) settings['NAME'] = input.name;
  if (line !== undefined) settings['LINE'] = line;
  if (values) settings['VALUES'] = assignments(values);
  if (input && range && staging === 'range') {
    settings['RANGE'] = `${range.start}-${range.end - 1}`;
    settings['URL'] = urls.input(input);
    settings['ETAG'] = input.etag;
  }
  return Object.entries(settings).map(([name, value]) => ({
    name: `SLUICE_${name}_${index + 1}`,
    value,
  }));
}

function everythingIn(
  folder: string,
  containerUrl: string,
  path: string,
): TaskSpec['outputFiles'][number] {
  return {
    filePattern: `${folder}/**/*`,
    destination: { container: { containerUrl, path } },
    uploadOptions: { uploadCondition: 'taskcompletion' },
  };
}

function constraints(seconds: number): TaskSpec['constraints'] {
  return { maxTaskRetryCount: 0, maxWallClockTime: isoDuration(seconds), retentionTime: RETENTION };
}
