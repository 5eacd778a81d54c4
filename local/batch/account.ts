import type { Controls } from './controls.ts';
import type { Clock } from './time/clock.ts';
import type { Database, Dirty } from './store/database.ts';
import type { Counts } from './store/counts.ts';
import type { JobDocument, NodeDocument, PoolDocument } from './store/documents.ts';
import type { Launcher } from './node/launcher.ts';
import type { LiveStore } from './store/live.ts';
import type { TaskTable } from './store/tasks.ts';

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
  removed: boolean;
  /** Cancels what the pool waits for next. */
  cancel: (() => void) | undefined;
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
  /** The last tasks that ran here, newest first. */
  readonly recent: { jobId: string; taskId: string }[];
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
  readonly slots: number;
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
  readonly live: LiveStore;
  readonly launcher: Launcher;
  /** By lower-case id, as all ids compare without case. */
  readonly pools: Map<string, Pool>;
  readonly jobs: Map<string, Job>;
  /** By task number. */
  readonly runs: Map<number, Run>;
  /** Asks for tasks to be placed soon. */
  schedule: () => void;
  closing: boolean;
  readonly log: (message: string) => void;
}
