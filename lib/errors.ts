/** Every code that Sluice itself gives an error; Azure's own codes stand in the message, with their words. */
export type SluiceErrorCode =
  /** An app setting is missing or malformed. */
  | 'InvalidSettings'
  /** A pipeline file or a request does not fit its schema. */
  | 'InvalidPipeline'
  /** A request to our HTTP API is malformed. */
  | 'InvalidRequest'
  /** A run was asked for with parameters that its pipeline does not take. */
  | 'InvalidParams'
  /** An input of a run cannot be made into items. */
  | 'BadInput'
  /** A pipeline, run or manifest that does not exist. */
  | 'NotFound'
  /** A request that contradicts what stands. */
  | 'Conflict'
  /** The run is driven by a newer epoch: whoever asked must stop, quietly. */
  | 'Fenced'
  /** The run has ended: whoever drives it has only to clean up. */
  | 'Ended'
  /** Somebody cancelled the run: whoever drives it must end it. */
  | 'Cancelled'
  /** More items failed for good than the pipeline tolerates, so the run ended early. */
  | 'ToleranceExceeded'
  /** A record in storage is not what was written there. */
  | 'CorruptRecord'
  /** A run waited for its first node longer than its pipeline allows, or Batch will never give it one. */
  | 'NoCapacity'
  /** Node after node of a run came up bad. */
  | 'UnhealthyNodes'
  /** Azure Batch refused, and asking again would not help. */
  | 'BatchRefused'
  /** Azure Batch could not answer in time; asking again may help. */
  | 'BatchUnavailable'
  /** Blob Storage refused, and asking again would not help. */
  | 'StorageRefused'
  /** Blob Storage could not answer in time; asking again may help. */
  | 'StorageUnavailable';

const TRANSIENT: ReadonlySet<SluiceErrorCode> = new Set(['BatchUnavailable', 'StorageUnavailable']);

/** The one error class of Sluice: a documented code, a message that says what to do, and the cause. */
export class SluiceError extends Error {
  readonly code: SluiceErrorCode;
  /** Seconds for which a service that could not answer wants to be left alone; 0 where it did not say. */
  readonly retryAfterSeconds: number;

  constructor(
    code: SluiceErrorCode,
    message: string,
    options: { cause?: unknown; retryAfterSeconds?: number | undefined } = {},
  ) {
    super(message, options);
    this.name = 'SluiceError';
    this.code = code;
    this.retryAfterSeconds = options.retryAfterSeconds ?? 0;
  }

  /** Whether the same call may succeed later, so that whoever drives it should try again. */
  get transient(): boolean {
    return TRANSIENT.has(this.code);
  }
}

/** The message of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
