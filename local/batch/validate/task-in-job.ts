import type { Job } from '../account.ts';
import type { ExitConditions, ExitOptions } from '../job/exit-options.ts';
import type { TaskSpec } from '../task-spec.ts';
import { BatchError, invalidProperty } from '../wire/errors.ts';

/** Characters that the ids of dependencies may have together. */
const dependencyLimit = 64_000;

/** Throws what speaks against a task in its job: ids that are taken, dependencies or actions that the job does not allow. */
export function requireFits({ doc }: Job, { id, spec }: { id: string; spec: TaskSpec }): void {
  const same = (other: string | undefined): boolean => other?.toLowerCase() === id.toLowerCase();
  if (same(doc.preparation?.id)) throw new BatchError('TaskIdSameAsJobPreparationTask');
  if (same(doc.release?.id)) throw new BatchError('TaskIdSameAsJobReleaseTask');
  requireDependencies(doc.usesTaskDependencies, spec);
  if (doc.onTaskFailure === 'noaction') requireNoJobAction(spec.exitConditions);
}

function requireDependencies(allowed: boolean, { dependsOn }: TaskSpec): void {
  if (dependsOn === undefined) return;
  if (!allowed) throw new BatchError('TaskDependenciesNotSpecifiedOnJob');
  if ((dependsOn.taskIds ?? []).join('').length > dependencyLimit) {
    throw new BatchError('TaskDependencyListTooLong');
  }
  if (JSON.stringify(dependsOn.taskIdRanges ?? []).length > dependencyLimit) {
    throw new BatchError('TaskDependencyRangesTooLong');
  }
}

function requireNoJobAction(conditions: ExitConditions | undefined): void {
  const found = allOptions(conditions ?? {}).find((options) => options?.jobAction !== undefined);
  if (found === undefined) return;
  throw invalidProperty(
    'exitConditions',
    found.jobAction,
    'A jobAction needs a job with onTaskFailure performexitoptionsjobaction.',
  );
}

function allOptions(conditions: ExitConditions): (ExitOptions | undefined)[] {
  return [
    ...(conditions.exitCodes ?? []).map(({ exitOptions }) => exitOptions),
    ...(conditions.exitCodeRanges ?? []).map(({ exitOptions }) => exitOptions),
    conditions.preProcessingError,
    conditions.fileUploadError,
    conditions.default,
  ];
}
