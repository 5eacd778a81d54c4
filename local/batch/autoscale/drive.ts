import type { Account, Pool } from '../account.ts';
import { differsFrom, resizePool } from '../pool/resize.ts';
import type { AutoScaleRun } from '../store/documents.ts';
import { parseDuration } from '../time/duration.ts';
import { evaluateFormula, unchangedResults, type Targets } from './evaluate.ts';
import { FormulaError } from './formula-error.ts';
import { measurePool } from './measure.ts';
import { parseFormula } from './parse.ts';
import { samplePeriod } from './series.ts';

/** Samples that are kept of each variable: a day's. */
const samplesKept = 2880;

/** Lets a pool's formula drive it: measures each 30 s, evaluates now and at each interval. Also stops what no longer holds. */
export function armAutoScale(account: Account, pool: Pool): void {
  pool.cancelAutoScale?.();
  pool.cancelAutoScale = undefined;
  const { autoScale } = pool.doc;
  if (autoScale === undefined) {
    pool.samples.clear();
    return;
  }
  takeSample(account, pool);
  const stopSampling = repeat(account, samplePeriod, () => takeSample(account, pool));
  const interval = parseDuration(autoScale.interval) ?? 900_000;
  const due = autoScale.run === undefined ? 0 : autoScale.run.at / 1000 + interval;
  let stopEvaluating: (() => void) | undefined;
  const cancelFirst = account.clock.startTimer(due - account.clock.now(), () => {
    scalePool(account, pool);
    stopEvaluating = repeat(account, interval, () => scalePool(account, pool));
  });
  pool.cancelAutoScale = () => {
    stopSampling();
    cancelFirst();
    stopEvaluating?.();
  };
}

/** What a formula gives for a pool now; changes nothing. */
export function evaluateForPool(
  account: Account,
  pool: Pool,
  formula: string,
): { run: AutoScaleRun; targets: Targets | undefined } {
  const at = account.clock.stamp();
  const { targetDedicatedNodes, targetLowPriorityNodes } = pool.doc;
  const targets = { targetDedicatedNodes, targetLowPriorityNodes };
  try {
    const evaluated = evaluateFormula(parseFormula(formula), {
      now: account.clock.now(),
      random: Math.random,
      targets,
      samples: Object.fromEntries(pool.samples),
    });
    return { run: { at, results: evaluated.results }, targets: evaluated.targets };
  } catch (error) {
    if (!(error instanceof FormulaError)) throw error;
    const results = unchangedResults({ ...targets, deallocation: 'requeue' });
    return { run: { at, results, error: errorOf(error) }, targets: undefined };
  }
}

function scalePool(account: Account, pool: Pool): void {
  const { autoScale } = pool.doc;
  if (account.closing || pool.removed || pool.doc.state !== 'active' || autoScale === undefined) {
    return;
  }
  const { run, targets } = evaluateForPool(account, pool, autoScale.formula);
  pool.doc = { ...pool.doc, autoScale: { ...autoScale, run } };
  account.db.changed(pool);
  // A resize that goes on is not disturbed; the next evaluation sees what came of it.
  if (targets === undefined || pool.doc.allocationState !== 'steady') return;
  if (differsFrom(pool, targets)) resizePool(account, pool, targets);
}

function takeSample(account: Account, pool: Pool): void {
  const at = account.clock.now();
  for (const [name, value] of Object.entries(measurePool(account, pool))) {
    const samples = pool.samples.get(name) ?? [];
    pool.samples.set(name, samples);
    samples.push({ at, value });
    if (samples.length > samplesKept) samples.shift();
  }
}

function errorOf({ kind, message }: FormulaError): NonNullable<AutoScaleRun['error']> {
  const values = [{ name: 'Message', value: message }];
  if (kind === 'samples') {
    const text = 'Autoscale evaluation failed due to insufficient sample data';
    return { code: 'InsufficientSampleData', message: text, values };
  }
  const text = 'The autoscale formula could not be evaluated';
  return { code: 'AutoScalingFormulaEvaluationError', message: text, values };
}

function repeat(account: Account, milliseconds: number, action: () => void): () => void {
  let cancel = (): void => undefined;
  const arm = (): void => {
    cancel = account.clock.startLimit(milliseconds, () => {
      arm();
      action();
    });
  };
  arm();
  return () => cancel();
}
