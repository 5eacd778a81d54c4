import { FormulaError } from '../autoscale/formula-error.ts';
import { parseFormula } from '../autoscale/parse.ts';
import { BatchError } from '../wire/errors.ts';

/** Characters that an autoscale formula may have. */
export const formulaLimit = 8192;

/** Throws AutoScalingFormulaTooLong or AutoScalingFormulaSyntaxError, which says where. */
export function requireFormula(formula: string): void {
  if (formula.length > formulaLimit) throw new BatchError('AutoScalingFormulaTooLong');
  try {
    parseFormula(formula);
  } catch (error) {
    if (!(error instanceof FormulaError)) throw error;
    throw new BatchError('AutoScalingFormulaSyntaxError', {
      values: [{ key: 'Message', value: error.message }],
    });
  }
}
