/** An error of the resource provider, answered as Azure Resource Manager does. */
export class ArmError extends Error {
  override readonly name = 'ArmError';
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

/** Something that the body asks for and that cannot be. */
export function invalidBody(message: string): ArmError {
  return new ArmError(400, 'InvalidRequestBody', message);
}
