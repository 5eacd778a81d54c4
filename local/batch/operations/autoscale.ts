import type { Account } from '../account.ts';
import { armAutoScale, evaluateForPool } from '../autoscale/drive.ts';
import { checkEnableAutoScale, checkEvaluateAutoScale } from '../validate/pool.ts';
import { autoScaleRunView } from '../views/pool.ts';
import type { Call, Reply } from '../wire/call.ts';
import { BatchError } from '../wire/errors.ts';
import { changeablePool } from './find.ts';

const secondsBetweenEnabling = 30;

/** Pool_EnableAutoScale: may also change the formula or the interval of one that is enabled. */
export function enableAutoScale(account: Account, call: Call): Reply {
  const pool = changeablePool(account, call);
  const { autoScaleFormula, autoScaleEvaluationInterval } = checkEnableAutoScale(call.body);
  const before = pool.doc.autoScale;
  const now = account.clock.stamp();
  const formula = autoScaleFormula ?? before?.formula;
  if (formula === undefined) {
    throw new BatchError('MissingRequiredProperty', {
      values: [{ key: 'PropertyName', value: 'autoScaleFormula' }],
    });
  }
  if (pool.doc.allocationState !== 'steady') throw new BatchError('PoolBeingResized');
  if (now < (pool.doc.autoScaleEnabled ?? 0) + secondsBetweenEnabling * 1_000_000) {
    throw new BatchError('TooManyEnableAutoScaleRequests');
  }
  const interval = autoScaleEvaluationInterval ?? before?.interval ?? 'PT15M';
  pool.doc = {
    ...pool.doc,
    autoScale: { formula: String(formula), interval: String(interval) },
    autoScaleEnabled: now,
    modified: now,
  };
  account.db.changed(pool);
  armAutoScale(account, pool);
  return { status: 200, changed: now, dataServiceId: call.url };
}

/** Pool_DisableAutoScale: the pool keeps its size. */
export function disableAutoScale(account: Account, call: Call): Reply {
  const pool = changeablePool(account, call);
  if (pool.doc.autoScale !== undefined) {
    const { autoScale: _, ...doc } = pool.doc;
    pool.doc = { ...doc, modified: account.clock.stamp() };
    account.db.changed(pool);
    armAutoScale(account, pool);
  }
  return { status: 200, changed: pool.doc.modified, dataServiceId: call.url };
}

/** Pool_EvaluateAutoScale: what a formula would give, without doing it; what is wrong with it is in the answer. */
export function evaluateAutoScale(account: Account, call: Call): Reply {
  const pool = changeablePool(account, call);
  const formula = checkEvaluateAutoScale(call.body);
  if (pool.doc.autoScale === undefined) {
    throw new BatchError('OperationInvalidForCurrentState', {
      values: [{ key: 'Reason', value: 'Autoscaling is not enabled on the pool.' }],
    });
  }
  const { run } = evaluateForPool(account, pool, formula);
  const metadata = `${call.baseUrl}/$metadata#Microsoft.Azure.Batch.Protocol.Entities.AutoScaleRun`;
  return {
    status: 200,
    dataServiceId: call.url,
    body: JSON.stringify({ 'odata.metadata': metadata, ...autoScaleRunView(run) }),
  };
}
