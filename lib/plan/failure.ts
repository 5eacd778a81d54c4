/** Why an item failed, or why nothing became of it. docs/failures.md has each with its remedy. */
export const FAILURE_CAUSES = [
  /** The command ended with a code other than 0. */
  'ExitCode',
  /** The command ran longer than the pipeline allows. */
  'Timeout',
  /** The command ended well without a promised output. */
  'NoOutput',
  /** The node has no such shell. */
  'NoShell',
  /** The node has no curl, with which parts of blobs are fetched. */
  'NoCurl',
  /** The input could not be staged. */
  'Input',
  /** The input was overwritten between the drop and the task. */
  'InputChanged',
  /** Outputs were made but not all of them reached storage. */
  'Upload',
  /** The task ended without saying what became of the item. */
  'Node',
  /** The nodes did not get ready, so the item had none to run on. */
  'StartTask',
  /** Nodes were taken away from the task until Batch gave it up. */
  'PreemptedTooOften',
  /** The run was cancelled before the item was done. */
  'Cancelled',
  /** The run ended before the item was done. */
  'NotRun',
] as const;

export type FailureCause = (typeof FAILURE_CAUSES)[number];

/** What becomes of an item that was not done when its run broke off with an error of that code. */
export function causeOfRest(code: string): 'Cancelled' | 'StartTask' | 'NotRun' {
  if (code === 'Cancelled') return 'Cancelled';
  return code === 'UnhealthyNodes' ? 'StartTask' : 'NotRun';
}
