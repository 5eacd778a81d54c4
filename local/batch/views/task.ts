import { taskRootDirectory } from '../node/directories.ts';
import { taskResults, taskStates, type TaskRow } from '../store/tasks.ts';
import { taskStats, taskStatsColumns, type Expansion } from './stats.ts';
import { etagOf, isoTime, type Stamp } from '../time/stamp.ts';

/** Members of a task that its owner gave, which stand in the stored JSON. */
const specMembers = [
  'displayName',
  'commandLine',
  'containerSettings',
  'exitConditions',
  'resourceFiles',
  'outputFiles',
  'environmentSettings',
  'affinityInfo',
  'constraints',
  'requiredSlots',
  'userIdentity',
  'multiInstanceSettings',
  'dependsOn',
  'applicationPackageReferences',
  'authenticationTokenSettings',
];
/** A member that the emulator keeps: what it is read from, and the JSON text of its value; undefined when unset. */
interface OwnMember {
  columns: readonly (keyof TaskRow)[];
  text: (row: TaskRow, urls: Urls) => string | undefined;
}

/** JSON texts without the closing quote, made once for a whole page. */
interface Urls {
  /** Up to the id of a task. */
  tasks: string;
  base: string;
  jobId: string;
  /** Milliseconds since 1970; undefined when no statistics are asked for. */
  now: number | undefined;
}

// Written as text: a list of a million tasks is a thousand pages of a thousand, and objects would double its time.
const ownMembers: Record<string, OwnMember> = {
  id: { columns: ['id'], text: (row) => `"${row.id}"` },
  url: { columns: ['id'], text: (row, urls) => `${urls.tasks}${row.id}"` },
  eTag: { columns: ['modified'], text: (row) => `"${etagOf(row.modified)}"` },
  creationTime: { columns: ['created'], text: (row) => time(row.created) },
  lastModified: { columns: ['modified'], text: (row) => time(row.modified) },
  state: { columns: ['state'], text: (row) => `"${taskStates[row.state]}"` },
  stateTransitionTime: { columns: ['stateAt'], text: (row) => time(row.stateAt) },
  previousState: {
    columns: ['previousState'],
    text: (row) => (row.previousState === null ? undefined : `"${taskStates[row.previousState]}"`),
  },
  previousStateTransitionTime: {
    columns: ['previousStateAt'],
    text: (row) => (row.previousStateAt === null ? undefined : time(row.previousStateAt)),
  },
  executionInfo: {
    columns: [
      'startedAt',
      'endedAt',
      'exitCode',
      'result',
      'failure',
      'retries',
      'lastRetryAt',
      'requeues',
      'lastRequeueAt',
    ],
    text: executionText,
  },
  nodeInfo: { columns: ['id', 'pool', 'node'], text: nodeText },
  stats: { columns: ['id', ...taskStatsColumns], text: statsText },
};

/** Members of a task that $select may choose. */
export const taskMembers = [...Object.keys(ownMembers), ...specMembers];

/** What is asked for of tasks. */
export interface TasksWanted extends Expansion {
  jobId: string;
  selected: ReadonlySet<string> | undefined;
}

/** Columns that the selected members are made from, the id always among them. */
export function taskColumns(wanted: TasksWanted): (keyof TaskRow)[] {
  const { selected } = wanted;
  const chosen = chosenMembers(wanted).flatMap(([, { columns }]) => columns);
  const needsSpec = selected === undefined || specMembers.some((name) => selected.has(name));
  return [...new Set<keyof TaskRow>(['id', ...chosen, ...(needsSpec ? ['spec' as const] : [])])];
}

/** Makes the JSON text of tasks' members, without the braces; the stored part is parsed only when some of it is selected. */
export function taskRenderer(wanted: TasksWanted): (row: TaskRow) => string {
  const { baseUrl, jobId, selected, now } = wanted;
  const base = JSON.stringify(baseUrl).slice(0, -1);
  const urls = { base, tasks: `${base}/jobs/${jobId}/tasks/`, jobId, now };
  const members = chosenMembers(wanted).map(([name, { text }]) => [`"${name}":`, text] as const);
  return (row) => {
    let whole = '';
    for (const [name, text] of members) {
      const value = text(row, urls);
      if (value !== undefined) whole += whole === '' ? name + value : `,${name}${value}`;
    }
    const given = selected === undefined ? row.spec : selectSpec(row, selected);
    return given === '' || whole === '' ? whole + given : `${whole},${given}`;
  };
}

/** How far a task got. */
export function executionInfo(row: TaskRow): object {
  return JSON.parse(executionText(row)) as object;
}

function chosenMembers({ selected, now }: TasksWanted): [string, OwnMember][] {
  return Object.entries(ownMembers).filter(
    ([name]) => selected?.has(name) !== false && (name !== 'stats' || now !== undefined),
  );
}

function selectSpec(row: TaskRow, selected: ReadonlySet<string>): string {
  if (!specMembers.some((name) => selected.has(name))) return '';
  const all = Object.entries(JSON.parse(`{${row.spec}}`) as object);
  const chosen = Object.fromEntries(all.filter(([name]) => selected.has(name)));
  return JSON.stringify(chosen).slice(1, -1);
}

function executionText(row: TaskRow): string {
  let text = '{';
  if (row.startedAt !== null) text += `"startTime":${time(row.startedAt)},`;
  if (row.endedAt !== null) text += `"endTime":${time(row.endedAt)},`;
  if (row.exitCode !== null) text += `"exitCode":${row.exitCode},`;
  if (row.result !== null) text += `"result":"${taskResults[row.result]}",`;
  if (row.failure !== null) text += `"failureInfo":${row.failure},`;
  text += `"retryCount":${row.retries},`;
  if (row.lastRetryAt !== null) text += `"lastRetryTime":${time(row.lastRetryAt)},`;
  text += `"requeueCount":${row.requeues}`;
  if (row.lastRequeueAt !== null) text += `,"lastRequeueTime":${time(row.lastRequeueAt)}`;
  return `${text}}`;
}

function nodeText({ id, pool, node }: TaskRow, { base, jobId }: Urls): string | undefined {
  if (pool === null || node === null) return undefined;
  const nodeUrl = `${base}/pools/${pool}/nodes/${node}`;
  const directory = taskRootDirectory(jobId, id);
  return `{"affinityId":"TVM:${node}","nodeUrl":${nodeUrl}","poolId":"${pool}","nodeId":"${node}","taskRootDirectory":"${directory}","taskRootDirectoryUrl":${nodeUrl}/files/${directory}"}`;
}

function statsText(row: TaskRow, { tasks, now }: Urls): string | undefined {
  if (now === undefined) return undefined;
  return `{"url":${tasks}${row.id}",${JSON.stringify(taskStats(row, now)).slice(1)}`;
}

function time(stamp: Stamp): string {
  return `"${isoTime(stamp)}"`;
}
