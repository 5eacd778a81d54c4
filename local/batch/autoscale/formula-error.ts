/** Where something stands in a formula, both from 1. */
export interface Place {
  line: number;
  column: number;
}

/** A formula that cannot be read or evaluated; the message begins with the place, as the service's does. */
export class FormulaError extends Error {
  override readonly name = 'FormulaError';
  readonly kind: 'syntax' | 'evaluation' | 'samples';

  constructor(kind: 'syntax' | 'evaluation' | 'samples', place: Place, reason: string) {
    super(`Line ${place.line}, Col ${place.column}: ${reason}`);
    this.kind = kind;
  }
}
