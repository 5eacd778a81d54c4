import {
  checkBody,
  flag,
  integer,
  list,
  object,
  oneOf,
  someText,
  type Rule,
} from '../validate/rules.ts';
import { invalidProperty } from '../wire/errors.ts';
import { routes } from '../wire/routes.ts';
import { milliseconds, probability } from './rules.ts';

/** Everything that can be made to go wrong, as it is read; what is absent is as if nothing went wrong. */
export interface Knobs {
  /** Makes all that is left to chance come out the same again. */
  seed: number;
  quotas: QuotaKnobs;
  /** The first that is for a pool's VM size holds. */
  allocation: AllocationKnob[];
  nodes: NodeKnobs;
  tasks: TaskKnobs;
  /** Milliseconds that task counts may be behind. */
  countsLag: number;
  /** Lists come in an order that means nothing. */
  listsShuffled: boolean;
  /** Each is tried in this order, the first that happens happens. */
  requests: RequestKnob[];
  kill: KillKnob;
}

/** The account's limits; absent means none. */
export interface QuotaKnobs {
  dedicatedCores?: number;
  lowPriorityCores?: number;
  pools?: number;
  /** Jobs that are not completed. */
  activeJobs?: number;
}

/** How nodes of a VM size come, or do not. */
export interface AllocationKnob {
  vmSize?: string;
  /** Milliseconds until nodes are there. */
  delay?: number;
  /** Nodes of the size that the region has, in all pools together. */
  capacity?: number;
  /** Of an allocation that gets nothing. */
  probability?: number;
  /** What the pool then says. */
  error: 'AllocationFailed' | 'AllocationTimedout';
}

/** What happens to nodes; all are probabilities. */
export interface NodeKnobs {
  /** Per minute and low-priority node. */
  preemptionPerMinute: number;
  /** Per minute and node: it stops, and starts again. */
  failurePerMinute: number;
  /** Per start of a node. */
  unusable: number;
  /** Per start of a node whose pool has a start task. */
  startTaskFailure: number;
}

/** What happens to tasks; all are probabilities. */
export interface TaskKnobs {
  /** Per start: its node is believed lost, so it runs again elsewhere while it runs on; once for each task. */
  runTwice: number;
  /** Per task that exceeds its time limit: its output files are not uploaded. */
  killedWithoutUpload: number;
}

/** What happens to requests of some operations. */
export interface RequestKnob {
  /** Names of operations; absent means all. */
  operations?: string[];
  probability: number;
  /** It happens so often at most. */
  times: number;
  effect: RequestEffect;
}

/** One thing that can happen to a request. */
export type RequestEffect =
  | { kind: 'status'; status: 429 | 500 | 503; retryAfter: number | undefined }
  | { kind: 'reset'; when: 'before' | 'after' }
  /** Milliseconds of the machine's time. */
  | { kind: 'latency'; milliseconds: number }
  | { kind: 'partial'; results: AddResults };

/** Probabilities of what happens to each task of an addtaskcollection request. */
export interface AddResults {
  clientError: number;
  serverError: number;
  /** It is added, but the answer says that it was there before. */
  taskExists: number;
}

/** When the emulator's process ends itself with SIGKILL, counted from when the knobs were set. */
export interface KillKnob {
  beforeCommit?: number;
  afterCommit?: number;
}

/** Checks a description of faults; throws a BatchError that names what is wrong, unknown fields included. */
export function readKnobs(given: unknown): Knobs {
  const read = checkBody(given, shape);
  return {
    seed: (read.seed ?? 0) as number,
    quotas: (read.quotas ?? {}) as QuotaKnobs,
    allocation: (read.allocation ?? []) as AllocationKnob[],
    nodes: { ...calm.nodes, ...(read.nodes as Partial<NodeKnobs>) },
    tasks: { ...calm.tasks, ...(read.tasks as Partial<TaskKnobs>) },
    countsLag: (read.counts as { lag?: number })?.lag ?? 0,
    listsShuffled: (read.lists as { shuffled?: boolean })?.shuffled ?? false,
    requests: (read.requests ?? []) as RequestKnob[],
    kill: (read.kill ?? {}) as KillKnob,
  };
}

/** No faults at all. */
export const calm: Knobs = {
  seed: 0,
  quotas: {},
  allocation: [],
  nodes: { preemptionPerMinute: 0, failurePerMinute: 0, unusable: 0, startTaskFailure: 0 },
  tasks: { runTwice: 0, killedWithoutUpload: 0 },
  countsLag: 0,
  listsShuffled: false,
  requests: [],
  kill: {},
};

const many = 2 ** 31;
const count = integer(0, many);

const operation: Rule<string> = (value, name) => {
  const known = routes.some((route) => route.operation === value);
  if (known) return String(value);
  throw invalidProperty(
    name,
    value,
    'It must be the name of an operation, e.g. Task_AddCollection.',
  );
};

const status: Rule<429 | 500 | 503> = (value, name) => {
  if (value === 429 || value === 500 || value === 503) return value;
  throw invalidProperty(name, value, 'It must be 429, 500 or 503.');
};

const effects = {
  status,
  reset: oneOf('before', 'after'),
  latency: milliseconds,
  partial: object({
    clientError: probability,
    serverError: probability,
    taskExists: probability,
  }),
};

const request: Rule<RequestKnob> = (value, name) => {
  const read = object({
    operations: list(operation),
    probability,
    times: integer(1, many),
    retryAfter: count,
    ...effects,
  })(value, name);
  const { operations, probability: chance = 1, times = Infinity, retryAfter, ...effect } = read;
  const [kind, ...others] = Object.keys(effect) as (keyof typeof effects)[];
  if (kind === undefined || others.length > 0) {
    throw invalidProperty(name, value, `It must have one of ${Object.keys(effects).join(', ')}.`);
  }
  if (retryAfter !== undefined && kind !== 'status') {
    throw invalidProperty(`${name}.retryAfter`, retryAfter, 'Only status has it.');
  }
  const concerned = kind === 'partial' ? (operations ?? ['Task_AddCollection']) : operations;
  if (kind === 'partial' && String(concerned) !== 'Task_AddCollection') {
    throw invalidProperty(
      `${name}.operations`,
      operations,
      'Only Task_AddCollection has partial results.',
    );
  }
  return {
    ...(concerned !== undefined && { operations: concerned as string[] }),
    probability: chance as number,
    times: times as number,
    effect: effectOf(kind, effect[kind], retryAfter as number | undefined),
  };
};

function effectOf(
  kind: keyof typeof effects,
  value: unknown,
  retryAfter: number | undefined,
): RequestEffect {
  switch (kind) {
    case 'status':
      return { kind, status: value as 429 | 500 | 503, retryAfter };
    case 'reset':
      return { kind, when: value as 'before' | 'after' };
    case 'latency':
      return { kind, milliseconds: value as number };
    case 'partial':
      return {
        kind,
        results: {
          clientError: 0,
          serverError: 0,
          taskExists: 0,
          ...(value as Partial<AddResults>),
        },
      };
  }
}

const allocation: Rule<AllocationKnob> = (value, name) => ({
  error: 'AllocationFailed',
  ...object({
    vmSize: someText,
    delay: milliseconds,
    capacity: count,
    probability,
    error: oneOf('AllocationFailed', 'AllocationTimedout'),
  })(value, name),
});

const shape = {
  seed: count,
  quotas: object({
    dedicatedCores: count,
    lowPriorityCores: count,
    pools: count,
    activeJobs: count,
  }),
  allocation: list(allocation),
  nodes: object({
    preemptionPerMinute: probability,
    failurePerMinute: probability,
    unusable: probability,
    startTaskFailure: probability,
  }),
  tasks: object({ runTwice: probability, killedWithoutUpload: probability }),
  counts: object({ lag: milliseconds }),
  lists: object({ shuffled: flag }),
  requests: list(request),
  kill: object({ beforeCommit: integer(1, many), afterCommit: integer(1, many) }),
};
