import type { FailureInfo } from '../store/documents.ts';

/** What follows when a task ends in a certain way. */
export interface ExitOptions {
  jobAction?: 'none' | 'disable' | 'terminate';
  dependencyAction?: 'satisfy' | 'block';
}

/** The ways a task may end that its owner told apart. */
export interface ExitConditions {
  exitCodes?: { code: number; exitOptions: ExitOptions }[];
  exitCodeRanges?: { start: number; end: number; exitOptions: ExitOptions }[];
  preProcessingError?: ExitOptions;
  fileUploadError?: ExitOptions;
  default?: ExitOptions;
}

/** How a task ended, once it is not tried again. */
export interface Exit {
  exitCode: number | undefined;
  failure: FailureInfo | undefined;
  /** What failed besides the program. */
  fault?: 'preProcessing' | 'fileUpload' | undefined;
}

/** Whether dependent tasks may run now, and what happens to the job if it minds. */
export function judgeExit(exit: Exit, conditions: ExitConditions = {}): Required<ExitOptions> {
  const defaults: Required<ExitOptions> =
    exit.failure === undefined
      ? { jobAction: 'none', dependencyAction: 'satisfy' }
      : { jobAction: 'terminate', dependencyAction: 'block' };
  return { ...defaults, ...optionsFor(exit, conditions) };
}

function optionsFor(exit: Exit, conditions: ExitConditions): ExitOptions | undefined {
  const { exitCode } = exit;
  if (exitCode !== undefined) {
    // A listed code counts for more than a failed upload.
    const listed =
      conditions.exitCodes?.find(({ code }) => code === exitCode) ??
      conditions.exitCodeRanges?.find(({ start, end }) => start <= exitCode && exitCode <= end);
    if (listed !== undefined) return listed.exitOptions;
  }
  if (exit.failure === undefined) return undefined;
  if (exit.fault === 'preProcessing' && conditions.preProcessingError !== undefined) {
    return conditions.preProcessingError;
  }
  if (exit.fault === 'fileUpload' && conditions.fileUploadError !== undefined) {
    return conditions.fileUploadError;
  }
  return conditions.default;
}
