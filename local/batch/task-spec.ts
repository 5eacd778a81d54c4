import type { ExitConditions } from './job/exit-options.ts';
import type { OutputFile } from './node/output-files.ts';
import type { DependsOn } from './store/dependencies.ts';
import type { PackageReference, Program } from './store/documents.ts';

/** What a task's owner asked for, defaults filled in; the names are Batch's. */
export interface TaskSpec extends Program {
  displayName?: string;
  outputFiles?: OutputFile[];
  applicationPackageReferences?: PackageReference[];
  exitConditions?: ExitConditions;
  dependsOn?: DependsOn;
  constraints: { maxWallClockTime: string; retentionTime: string; maxTaskRetryCount: number };
  requiredSlots: number;
}

/** Reads what {@link writeTaskSpec} wrote. */
export function readTaskSpec(text: string): TaskSpec {
  return JSON.parse(`{${text}}`) as TaskSpec;
}

/** The JSON text of a task's members without the braces, so that an answer can be put together without parsing it. */
export function writeTaskSpec(spec: TaskSpec): string {
  return JSON.stringify(spec).slice(1, -1);
}
