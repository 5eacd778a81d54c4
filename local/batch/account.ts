import type { Controls } from './controls.ts';
import type { Clock } from './time/clock.ts';
import type { Stamp } from './time/stamp.ts';
import type { Database, Dirty } from './store/database.ts';
import type { ApplicationStore } from './application/store.ts';
import type { Sample } from './autoscale/series.ts';
import type { Counts } from './store/counts.ts';
import type { Dependencies } from './store/dependencies.ts';
import type {
  JobDocument,
  JobNodeDocument,
  JobScheduleDocument,
  NodeDocument,
  PoolDocument,
} from './store/documents.ts';
import type { Launcher } from './node/launcher.ts';
import type { LiveStore } from './store/live.ts';
import type { TaskTable } from './store/tasks.ts';
import type { TaskSpec } from './task-spec.ts';

/** The account's key when none is given: the bytes 0 to 63, so that everybody sees that it is not a secret. */
export const defaultKey =
  'AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKissLS4vMDEyMzQ1Njc4OTo7PD0+Pw==';
/** The account's name when none is given. */
export const defaultAccount = 'devbatch';

/** A pool and its nodes. */
export interface Pool extends Dirty {
  readonly row: number;
  doc: PoolDocument;
  readonly nodes: Map<string, Node>;
  /** Of its subnet that was given to a node, as a number. */
  lastAddress: number;
  removed: boolean;
  /** Cancels what the pool waits for next. */
  cancel: (() => void) | undefined;
  /** Cancels the next evaluation of the autoscale formula and the next measurement. */
  cancelAutoScale: (() => void) | undefined;
  /** Measurements for the autoscale formula by variable, oldest first. */
  readonly samples: Map<string, Sample[]>;
}

/** A node, which is a directory and some slots. */
export interface Node extends Dirty {
  readonly row: number;
  readonly pool: Pool;
  doc: NodeDocument;
  /** Directory that stands for the node's disk. */
  readonly root: string;
  removed: boolean;
  readonly runs: Set<Run>;
  usedSlots: number;
  /** What the node does besides tasks: its start task, a reboot. */
  activity: Activity | undefined;
  /** Application packages that are unpacked here, or being so, by id and version. */
  readonly packages: Map<string, Promise<string>>;
  /** The last tasks that ran here, newest first. */
  readonly recent: { jobId: string; taskId: string }[];
}

/** Something that goes on for a while and can be made to end. */
export interface Activity {
  abort: AbortController;
  /** Settles when nothing of it is left. */
  done: Promise<void>;
}

/** What a job did on a node besides its tasks. */
export interface JobNode extends Dirty {
  readonly row: number;
  readonly job: Job;
  doc: JobNodeDocument;
  removed: boolean;
  /** Resolves whether the node is ready, while its preparation runs. */
  preparing: (Activity & { ready: Promise<boolean> }) | undefined;
  releasing: Activity | undefined;
}

/** A job schedule. */
export interface JobSchedule extends Dirty {
  readonly row: number;
  doc: JobScheduleDocument;
  removed: boolean;
  /** Cancels the wait for its next job. */
  cancel: (() => void) | undefined;
}

/** A job; its tasks are in the database only. */
export interface Job extends Dirty {
  readonly row: number;
  doc: JobDocument;
  counts: Counts;
  removed: boolean;
  readonly runs: Set<Run>;
  /** Numbers of waiting tasks read ahead, by the slots they need. */
  readonly ahead: Map<number, { seqs: number[]; after: number }>;
  /** Cancels the wait for the job's maxWallClockTime. */
  cancelLimit: (() => void) | undefined;
  /** By node id. */
  readonly nodes: Map<string, JobNode>;
  /** Its tasks are being removed. */
  deleting: boolean;
}

/** Why a task that is running is made to end. */
export type EndCause =
  | 'terminate'
  | 'requeue'
  /** Its node was lost: it runs again, and that counts as nothing. */
  | 'recovery'
  /** Its node is believed lost: it runs on, and what comes of it means nothing. */
  | 'lost'
  | 'delete'
  | 'shutdown';

/** A task that runs on a node. */
export interface Run {
  readonly seq: number;
  readonly taskId: string;
  readonly job: Job;
  readonly node: Node;
  /** That the task asks for. */
  readonly slots: number;
  /** That it takes from its node: all of them when it runs alone there. */
  readonly held: number;
  readonly spec: TaskSpec;
  /** The node is prepared for the job first. */
  preparing: boolean;
  /** When its program began to run; undefined while the node is being prepared. */
  started: Stamp | undefined;
  /** Set once; the task's processes are killed when it is. */
  cause: EndCause | undefined;
  readonly abort: AbortController;
  /** Settles when no process of the task is left. */
  readonly done: Promise<void>;
}

/** How long things take, in milliseconds, that take minutes in the cloud. */
export interface Delays {
  /** From the request for a resize until its nodes are there. */
  allocation: number;
  /** A node's time in the state creating. */
  creating: number;
  /** A node's time in the state starting. */
  starting: number;
}

/** The whole emulated account. */
export interface Account {
  readonly name: string;
  /** Of this emulator, once it listens. */
  url: string;
  readonly dataDir: string;
  readonly clock: Clock;
  readonly delays: Delays;
  readonly controls: Controls;
  readonly maxTaskProcesses: number;
  readonly db: Database;
  readonly tasks: TaskTable;
  readonly dependencies: Dependencies;
  readonly applications: ApplicationStore;
  readonly live: LiveStore;
  readonly launcher: Launcher;
  /** By lower-case id, as all ids compare without case. */
  readonly pools: Map<string, Pool>;
  readonly jobs: Map<string, Job>;
  readonly jobSchedules: Map<string, JobSchedule>;
  /** By task number. */
  readonly runs: Map<number, Run>;
  /** Numbers of tasks whose nodes were believed lost: it happens once to each, so that it ends. */
  readonly lostOnce: Set<number>;
  /** Asks for tasks to be placed soon. */
  schedule: () => void;
  /** Called when a job has completed, or is about to be gone. */
  jobEnded: (job: Job) => void;
  /** When the next task directory is due to be removed, if that is being waited for. */
  retention: { at: Stamp; cancel: () => void } | undefined;
  closing: boolean;
  readonly log: (message: string) => void;
}
