import type { Pipeline } from '../../lib/plan/pipeline-schema.ts';
import type { Phase, RunError, RunStatus } from '../../lib/plan/run.ts';

import type { FailureGroup } from '../../lib/plan/signature.ts';

export type { Manifest, ManifestFile, ManifestItem } from '../../lib/plan/manifest.ts';
export type { FailureGroup } from '../../lib/plan/signature.ts';
export type { Phase, RunStatus } from '../../lib/plan/run.ts';

/** The phases of a run, in their order. */
export const PHASES = [
  'plan',
  'pool',
  'submit',
  'watch',
  'merge',
  'manifest',
  'cleanup',
  'done',
] as const satisfies Phase[];

/** What GET /api answers; `blobEndpoint` is where bytes go, such as http://127.0.0.1:10000/devstoreaccount1. */
export interface Service {
  name: string;
  version: string;
  storage: { blobEndpoint: string };
}

/** Counts of a run's items, null until they are known, and of its tasks. */
export interface RunCounts {
  items: number | null;
  waiting: number | null;
  running: number | null;
  succeeded: number | null;
  failed: number | null;
  tasks: { active: number; running: number; completed: number };
}

/** A run as GET /api/runs/{id} gives it; times are ISO 8601. */
export interface Run {
  id: string;
  pipeline: string;
  status: RunStatus;
  phase: Phase;
  trigger: { kind: string };
  startedAt: string;
  endedAt: string | null;
  waiting: { for: string; have?: number; need?: number; message?: string } | null;
  fault?: (RunError & { at: string }) | null;
  error: RunError | null;
  generation?: number;
  failures?: FailureGroup[];
  counts: RunCounts;
}

/** A stored pipeline as GET and PUT /api/pipelines/{name} give it. */
export interface StoredPipeline {
  name: string;
  hash: string;
  updatedAt: string;
  pipeline: Pipeline;
  paused: boolean;
  /** ISO 8601; null for a pipeline without a schedule. */
  nextScheduled: string | null;
}
