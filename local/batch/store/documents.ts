import type { ContainerSettings } from '../node/container.ts';
import type { ResourceFile } from '../node/resource-files.ts';
import type { Stamp } from '../time/stamp.ts';

/** A JSON object as a client sent it, after validation. */
export type Json = Record<string, unknown>;

/** Why a resize did not reach its target. */
export interface ResizeError {
  code: string;
  message: string;
  values?: { name: string; value: string }[];
}

/** A reference to an application package of the account; without version the default one. */
export interface PackageReference {
  applicationId: string;
  version?: string;
}

/** What the program of any task needs. */
export interface Program {
  commandLine: string;
  resourceFiles?: ResourceFile[];
  environmentSettings?: EnvironmentSetting[];
  containerSettings?: ContainerSettings;
}

/** The task of a pool that prepares each node when it starts. */
export interface StartTask extends Program {
  maxTaskRetryCount: number;
  waitForSuccess: boolean;
}

/** The task of a job that prepares a node before the first of the job's tasks there. */
export interface PreparationTask extends Program {
  id: string;
  constraints: { maxWallClockTime: string; retentionTime: string; maxTaskRetryCount: number };
  waitForSuccess: boolean;
  rerunOnNodeRebootAfterSuccess: boolean;
}

/** The task of a job that cleans up each node that was prepared for it, when the job ends. */
export interface ReleaseTask extends Program {
  id: string;
  maxWallClockTime: string;
  retentionTime: string;
}

/** The task that is added with its job and may end it. */
export interface ManagerTask {
  id: string;
  killJobOnCompletion: boolean;
  runExclusive: boolean;
}

/** The pool that the service makes for a job, or for all jobs of a schedule. */
export interface AutoPool {
  autoPoolIdPrefix?: string;
  poolLifetimeOption: 'job' | 'jobschedule';
  keepAlive: boolean;
  pool: Json;
}

/** How far a start, preparation or release task got. */
export interface NodeTaskInfo {
  state: 'running' | 'completed';
  started: Stamp;
  ended?: Stamp;
  exitCode?: number;
  failure?: FailureInfo;
  retries: number;
  lastRetry?: Stamp;
  result?: 'success' | 'failure';
}

/** What a job did on a node besides its tasks; stays when the node goes. */
export interface JobNodeDocument {
  poolId: string;
  nodeId: string;
  preparation?: NodeTaskInfo;
  release?: NodeTaskInfo;
  /** The node is ready for tasks of the job. */
  ready: boolean;
  /** The preparation failed: no more tasks of the job here. */
  refused: boolean;
}

/** An evaluation of an autoscale formula. */
export interface AutoScaleRun {
  at: Stamp;
  results: string;
  error?: { code: string; message: string; values?: { name: string; value: string }[] };
}

/** What happens to tasks on nodes that leave a pool. */
export type Deallocation = 'requeue' | 'terminate' | 'taskcompletion' | 'retaineddata';

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
  autoScale?: AutoScale;
  /** When that was last asked for. */
  autoScaleEnabled?: Stamp;
  /** How long the dedicated nodes that are gone were there, all together, in microseconds. */
  goneNodeMicroseconds?: number;
  /** The job or job schedule that the service made the pool for. */
  madeFor?: { kind: 'job' | 'jobschedule'; id: string };
}

/** How a pool scales itself. */
export interface AutoScale {
  formula: string;
  interval: string;
  run?: AutoScaleRun;
}

/** A node's states. */
export type NodeState =
  | 'creating'
  | 'starting'
  | 'waitingforstarttask'
  | 'starttaskfailed'
  | 'idle'
  | 'running'
  | 'rebooting'
  | 'reimaging'
  | 'unusable'
  | 'unknown'
  | 'offline'
  | 'preempted'
  | 'leavingpool';

/** What is wrong with a node. */
export interface NodeError {
  code: string;
  message: string;
  errorDetails?: { name: string; value: string }[];
}

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
  /** The pool's start task as it was when the node booted. */
  startTask?: StartTask;
  startTaskInfo?: NodeTaskInfo;
  errors?: NodeError[];
  /** Its user wants no more tasks on it. */
  schedulingDisabled?: boolean;
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
  onTaskFailure: 'noaction' | 'performexitoptionsjobaction';
  usesTaskDependencies: boolean;
  preparation?: PreparationTask;
  release?: ReleaseTask;
  manager?: ManagerTask;
  /** Number of the job manager task. */
  managerSeq?: number;
  autoPool?: AutoPool;
  /** The job schedule that made the job. */
  scheduleId?: string;
  schedulingError?: FailureInfo;
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
  /** How long its tasks have run, as far as their runs are over, in microseconds. */
  wallMicroseconds?: number;
  /** How often its tasks were tried again. */
  taskRetries?: number;
}

/** When a job schedule makes jobs; times are stamps, durations milliseconds. */
export interface Schedule {
  doNotRunUntil?: Stamp;
  doNotRunAfter?: Stamp;
  startWindow?: number;
  recurrenceInterval?: number;
}

/** A job schedule as it is stored. */
export interface JobScheduleDocument {
  id: string;
  /** Properties that are read back as they were given: displayName, metadata, schedule. */
  spec: Json;
  schedule: Schedule;
  /** What its jobs are made from, defaults filled in. */
  jobSpecification: Json;
  created: Stamp;
  modified: Stamp;
  state: 'active' | 'completed' | 'disabled' | 'terminating' | 'deleting';
  stateAt: Stamp;
  previousState?: JobScheduleDocument['state'];
  previousStateAt?: Stamp;
  /** When the next job is due; absent when none is. */
  nextRun?: Stamp;
  /** How many jobs it has made. */
  jobs: number;
  /** Id of the last job it made. */
  recentJob?: string;
  /** The pool of its jobs, when the service makes one for the schedule. */
  autoPoolId?: string;
  ended?: Stamp;
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
