/** Extra facts of an error body, e.g. which property was wrong. */
export interface ErrorDetail {
  key: string;
  value: string;
}

/** An error that is answered to the client as a Batch error body; `code` is one of the service's documented codes. */
export class BatchError extends Error {
  override readonly name = 'BatchError';
  readonly code: ErrorCode;
  readonly status: number;
  readonly values: readonly ErrorDetail[];

  constructor(
    code: ErrorCode,
    options: { message?: string; values?: readonly ErrorDetail[] } = {},
  ) {
    super(options.message ?? table[code][1]);
    this.code = code;
    this.status = table[code][0];
    this.values = options.values ?? [];
  }
}

/** The request's body has a property with a value that is not allowed. */
export function invalidProperty(name: string, value: unknown, reason: string): BatchError {
  return new BatchError('InvalidPropertyValue', {
    values: [
      { key: 'PropertyName', value: name },
      {
        key: 'PropertyValue',
        value: typeof value === 'string' ? value : (JSON.stringify(value) ?? ''),
      },
      { key: 'Reason', value: reason },
    ],
  });
}

/** A query parameter has a value that is not allowed. */
export function invalidQuery(name: string, value: string, reason: string): BatchError {
  return new BatchError('InvalidQueryParameterValue', {
    values: [
      { key: 'QueryParameterName', value: name },
      { key: 'QueryParameterValue', value },
      { key: 'Reason', value: reason },
    ],
  });
}

/** Something of the service that this emulator does not have yet: said by name, never ignored. */
export function notEmulated(what: string): BatchError {
  return new BatchError('NotEmulated', { message: `${what} is not emulated.` });
}

// Codes and statuses of learn.microsoft.com/rest/api/batchservice/batch-status-and-error-codes; NotEmulated is our own.
const table = {
  ActiveJobAndScheduleQuotaReached: [
    409,
    'The active job and schedule quota for the account has been reached.',
  ],
  ApplicationNotFound: [404, 'The specified application does not exist.'],
  AuthenticationFailed: [
    403,
    'Server failed to authenticate the request. Make sure the value of Authorization header is formed correctly including the signature.',
  ],
  AutoScalingFormulaSyntaxError: [400, 'The specified autoscaling formula has a syntax error.'],
  AutoScalingFormulaTooLong: [400, 'The specified autoscaling formula is too long.'],
  ConditionNotMet: [412, 'The condition specified using HTTP conditional header(s) is not met.'],
  FileNotFound: [404, 'The specified file does not exist.'],
  InternalError: [500, 'The server encountered an internal error. Please retry the request.'],
  InvalidApplicationPackageReferences: [
    409,
    'One or more of the specified application package references are invalid.',
  ],
  InvalidAuthenticationInfo: [
    400,
    'The authentication information was not provided in the correct format.',
  ],
  InvalidAutoScalingSettings: [400, 'The specified autoscaling settings are not valid.'],
  InvalidHeaderValue: [
    400,
    'The value provided for one of the HTTP headers was not in the correct format.',
  ],
  InvalidPropertyValue: [
    400,
    'The value provided for one of the properties in the request body is invalid.',
  ],
  InvalidQueryParameterValue: [
    400,
    'Value for one of the query parameters specified in the request URI is invalid.',
  ],
  InvalidRange: [416, 'The range specified is invalid for the current size of the resource.'],
  InvalidRequestBody: [400, 'The specified Request Body is not syntactically valid.'],
  InvalidUri: [400, 'The requested URI does not represent any resource on the server.'],
  JobBeingDeleted: [409, 'The specified job is in the process of being deleted.'],
  JobBeingTerminated: [409, 'The specified job is in the process of being terminated.'],
  JobCompleted: [409, 'The specified job is already in a completed state.'],
  JobDisabled: [409, 'The specified job is in a disabled state.'],
  JobExists: [409, 'The specified job already exists.'],
  JobNotActive: [409, 'The specified job is not in an active state.'],
  JobNotFound: [404, 'The specified job does not exist.'],
  JobPreparationTaskOrReleaseTaskNotSpecified: [
    409,
    'The specified job has no job preparation or release task.',
  ],
  JobScheduleExists: [409, 'The specified job schedule already exists.'],
  JobScheduleNotFound: [404, 'The specified job schedule does not exist.'],
  JobScheduleWithSameIdExists: [409, 'There is a job schedule with the same id.'],
  JobWithSameIdExists: [409, 'There is a job with the same id.'],
  MissingRequiredProperty: [400, 'A required property was not specified in the request body.'],
  MissingRequiredQueryParameter: [
    400,
    'A query parameter that is mandatory for this request is not specified.',
  ],
  NodeAlreadyInTargetSchedulingState: [
    409,
    'The specified node is already in the target scheduling state.',
  ],
  NodeNotFound: [404, 'The specified node does not exist.'],
  NodeNotReady: [409, 'The specified node is not ready for the operation.'],
  NotEmulated: [501, 'This is not emulated.'],
  OperationNotValidOnNode: [409, 'The specified operation is not valid on the node.'],
  OperationNotValidOnPool: [409, 'The specified operation is not valid on the pool.'],
  OutOfRangeQueryParameterValue: [
    400,
    'A query parameter specified in the request URI is outside the permissible range.',
  ],
  OperationInvalidForCurrentState: [
    409,
    'The specified operation is not valid for the current state of the resource.',
  ],
  PoolBeingDeleted: [409, 'The specified pool is in the process of being deleted.'],
  PoolBeingResized: [409, 'The specified pool is being resized.'],
  PoolExists: [409, 'The specified pool already exists.'],
  PoolNotFound: [404, 'The specified pool does not exist.'],
  PoolQuotaReached: [409, 'The pool quota for the account has been reached.'],
  RequestBodyTooLarge: [
    413,
    'The request body is too large and exceeds the maximum permissible limit.',
  ],
  ServerBusy: [
    503,
    'The server is currently unable to receive requests. Please retry your request.',
  ],
  TaskCompleted: [409, 'The specified task is already in a completed state.'],
  TaskDependenciesNotSpecifiedOnJob: [
    400,
    'The task being added depends on other tasks but the job has not been set to allow task dependencies.',
  ],
  TaskDependencyListTooLong: [400, 'The list of task ids that the task depends on is too long.'],
  TaskDependencyRangesTooLong: [
    400,
    'The list of task id ranges that the task depends on is too long.',
  ],
  TaskExists: [409, 'The specified task already exists.'],
  TaskFilesCleanedup: [409, 'The files of the specified task are cleaned up.'],
  TaskFilesUnavailable: [409, 'The files of the specified task are unavailable.'],
  TaskIdSameAsJobPreparationTask: [409, 'The task has the id of the job preparation task.'],
  TaskIdSameAsJobReleaseTask: [409, 'The task has the id of the job release task.'],
  TaskNotCompleted: [409, 'The specified task is not in a completed state.'],
  TaskNotFound: [404, 'The specified task does not exist.'],
  TaskSucceeded: [409, 'The specified task has completed successfully.'],
  TooManyRequests: [429, 'Too many requests were sent. Please retry after some time.'],
  TooManyEnableAutoScaleRequests: [
    503,
    'Autoscaling can be enabled on a pool only once every 30 seconds.',
  ],
  UnsupportedHttpVerb: [405, 'The resource does not support the specified HTTP verb.'],
  UnsupportedProperty: [
    400,
    'One of the properties specified in the request body is not supported.',
  ],
  UnsupportedQueryParameter: [
    400,
    'One of the query parameters specified in the request URI is not supported.',
  ],
  UnsupportedRequestVersion: [400, 'The specified API version is not supported.'],
} as const satisfies Record<string, readonly [number, string]>;

/** The codes this emulator answers with. */
export type ErrorCode = keyof typeof table;
