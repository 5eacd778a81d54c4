import type { Stamp } from '../time/stamp.ts';

/** A JSON object as a client sent it, after validation. */
export type Json = Record<string, unknown>;

/** Why a resize did not reach its target. */
export interface ResizeError {
  code: string;
  message: string;
}

/** What happens to tasks on nodes that leave a pool. */
export type Deallocation = 'requeue' | 'terminate' | 'taskcompletion';

/** A pool as it is stored. */
export interface PoolDocument {
  id: string;
  /** Properties that are read back as they were given. */
  spec: Json;
  created: Stamp;
  modified: Stamp;
  state: 'active' | 'deleting';
  stateAt: Stamp;
  allocationState: 'steady' | 'resizing' | 'stopping';
  allocationStateAt: Stamp;
  resizeTimeout: string;
  targetDedicatedNodes: number;
  targetLowPriorityNodes: number;
  deallocation: Deallocation;
  resizeErrors: ResizeError[];
  taskSlotsPerNode: number;
  fill: 'Spread' | 'Pack';
}

/** A node's states that are emulated. */
export type NodeState =
  | 'creating'
  | 'starting'
  | 'idle'
  | 'running'
  | 'leavingpool'
  | 'preempted'
  | 'unknown'
  | 'unusable';

/** A node as it is stored. */
export interface NodeDocument {
  id: string;
  dedicated: boolean;
  state: NodeState;
  stateAt: Stamp;
  allocated: Stamp;
  booted: Stamp | undefined;
  ipAddress: string;
  totalTasksRun: number;
  totalTasksSucceeded: number;
}

/** A job's states. */
export type JobState =
  | 'active'
  | 'disabling'
  | 'disabled'
  | 'enabling'
  | 'terminating'
  | 'completed'
  | 'deleting';

/** A job as it is stored. */
export interface JobDocument {
  id: string;
  /** Properties that are read back as they were given. */
  spec: Json;
  poolId: string;
  priority: number;
  maxParallelTasks: number;
  maxWallClockTime: string;
  maxTaskRetryCount: number;
  onAllTasksComplete: 'noaction' | 'terminatejob';
  environment: EnvironmentSetting[];
  created: Stamp;
  modified: Stamp;
  state: JobState;
  stateAt: Stamp;
  previousState?: JobState;
  previousStateAt?: Stamp;
  started: Stamp;
  ended?: Stamp;
  terminateReason?: string;
}

/** One environment variable of a job or task. */
export interface EnvironmentSetting {
  name: string;
  value?: string;
}

/** Why a task failed, as Batch reports it. */
export interface FailureInfo {
  category: 'usererror' | 'servererror';
  code: string;
  message: string;
  details?: { name: string; value: string }[];
}
