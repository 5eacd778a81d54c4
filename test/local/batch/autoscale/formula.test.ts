import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  evaluateFormula,
  type FormulaContext,
} from '../../../../local/batch/autoscale/evaluate.ts';
import { FormulaError } from '../../../../local/batch/autoscale/formula-error.ts';
import { parseFormula } from '../../../../local/batch/autoscale/parse.ts';

const now = Date.parse('2016-10-13T19:18:47.805Z');

/** Measurements every 30 s, the last one now. */
function history(...values: number[]) {
  return values.map((value, index) => ({ at: now - (values.length - 1 - index) * 30_000, value }));
}

const context: FormulaContext = {
  now,
  random: () => 0.25,
  targets: { targetDedicatedNodes: 2, targetLowPriorityNodes: 1 },
  samples: {
    $ActiveTasks: history(10, 20, 30, 40),
    $PendingTasks: history(...Array.from({ length: 40 }, (_, index) => index)),
    $RunningTasks: history(1, 1, 1, 1, 1, 1, 1, 1, 1, 1),
    $CurrentDedicatedNodes: history(2),
    $CPUPercent: history(80, 90),
  },
};

function evaluate(formula: string, change: Partial<FormulaContext> = {}) {
  return evaluateFormula(parseFormula(formula), { ...context, ...change });
}

function valueOf(expression: string): string {
  return evaluate(`x = ${expression}`).results.split(';x=')[1] ?? '';
}

describe('a value', () => {
  test.each([
    ['1 + 2 * 3', '7'],
    ['(1 + 2) * 3', '9'],
    ['7 - 2 - 1', '4'],
    ['8 / 4 / 2', '1'],
    ['-2 + 1', '-1'],
    ['!0 + !5', '1'],
    ['1 < 2 && 2 <= 2 || 0', '1'],
    ['1 == 1 ? 5 : 6', '5'],
    ['0 ? 1 : 0 ? 2 : 3', '3'],
    ['"a" == "a"', '1'],
    ['"a" < "b"', '1'],
    ['.5 + 1e2', '100.5'],
    ['1 / 0', 'Infinity'],
    ['max(1, 3, 2)', '3'],
    ['min(4, $ActiveTasks.GetSample(2))', '4'],
    ['avg($ActiveTasks.GetSample(4))', '25'],
    ['sum($ActiveTasks.GetSample(4), 1)', '101'],
    ['len($ActiveTasks.GetSample(3))', '3'],
    ['range($ActiveTasks.GetSample(4))', '30'],
    ['std({2, 4, 4, 4, 5, 5, 7, 9})', '2.138089935299395'],
    ['norm({3, 4})', '5'],
    ['percentile({1, 2, 3, 4, 5}, 50)', '3'],
    ['percentile({1, 2}, 75)', '1.75'],
    ['val({5, 6, 7}, 1)', '6'],
    ['lg(8)', '3'],
    ['ln(1)', '0'],
    ['log(1000)', '3'],
    ['lg({2, 4})', '[1,2]'],
    ['rand()', '0.25'],
    ['{1, 2} + {3, 4}', '[4,6]'],
    ['{1, 2} * 2', '[2,4]'],
    ['10 - {1, 2}', '[9,8]'],
    ['$ActiveTasks', '40'],
    ['$ActiveTasks.Count()', '4'],
    ['$ActiveTasks.GetSamplePeriod()', '00:00:30'],
    ['$ActiveTasks.HistoryBeginTime()', '2016-10-13T19:17:17.805Z'],
    ['$RunningTasks.GetSample(60 * TimeInterval_Second, 120 * TimeInterval_Second)', '[1,1]'],
    ['$PendingTasks.GetSamplePercent(180 * TimeInterval_Second)', '100'],
    ['$ActiveTasks.GetSamplePercent(TimeInterval_Minute * 4)', '50'],
    ['$ActiveTasks.GetSample(TimeInterval_Minute * 4, 50)', '[10,20,30,40]'],
    ['$ActiveTasks.GetSample(time() - TimeInterval_Minute)', '[30,40]'],
    ['$CPUPercent.GetSample(1) > 85', '1'],
    ['time().hour', '19'],
    ['time().weekday', '4'],
    ['time("2016-10-15").weekday', '6'],
    ['time("2017-01-02T03:04:05Z")', '2017-01-02T03:04:05.000Z'],
    ['time() - time("2016-10-13T18:18:47.805Z")', '01:00:00'],
    ['(time() - time("2016-10-12")) / TimeInterval_Hour > 43', '1'],
    ['time() - TimeInterval_Day < time()', '1'],
    ['2 * TimeInterval_Day + TimeInterval_Second', '2.00:00:01'],
    ['-TimeInterval_Hour', '-01:00:00'],
    ['TimeInterval_Hour / 2 == 30 * TimeInterval_Minute', '1'],
  ])('%s is %s', (expression, result) => {
    expect(valueOf(expression)).toBe(result);
  });
});

describe('results', () => {
  test('the targets come first, then the own variables by name', () => {
    const formula = `
      $curTime = time();
      $workHours = $curTime.hour >= 8 && $curTime.hour < 18; // comments end with the line
      $isWeekday = $curTime.weekday >= 1 && $curTime.weekday <= 5;
      $isWorkingWeekdayHour = $workHours && $isWeekday;
      $TargetDedicatedNodes = $isWorkingWeekdayHour ? 20 : 10;
      $NodeDeallocationOption = taskcompletion;`;
    expect(evaluate(formula)).toEqual({
      targets: {
        targetDedicatedNodes: 10,
        targetLowPriorityNodes: 1,
        deallocation: 'taskcompletion',
      },
      results:
        '$TargetDedicatedNodes=10;$TargetLowPriorityNodes=1;$NodeDeallocationOption=taskcompletion;' +
        '$curTime=2016-10-13T19:18:47.805Z;$isWeekday=1;$isWorkingWeekdayHour=0;$workHours=0',
    });
  });

  test.each([
    ['a formula that sets nothing keeps the targets', '', 2, 1],
    ['the old name of the target is understood', '$TargetDedicated = 7', 7, 1],
    ['fractions are cut off', '$TargetDedicatedNodes = 2.9', 2, 1],
    ['a target below 0 is 0', '$TargetDedicatedNodes = 0 - 3', 0, 1],
    ['a vector of one is a number', '$TargetLowPriorityNodes = $ActiveTasks.GetSample(1)', 2, 40],
    [
      'stop() keeps what was set before',
      '$TargetDedicatedNodes = 5; stop(); $TargetDedicatedNodes = 6',
      5,
      1,
    ],
    ['a target can be read', '$TargetDedicatedNodes = $TargetDedicatedNodes + 1', 3, 1],
  ])('%s', (_, formula, dedicated, lowPriority) => {
    expect(evaluate(formula).targets).toMatchObject({
      targetDedicatedNodes: dedicated,
      targetLowPriorityNodes: lowPriority,
    });
  });

  test('a formula that follows the waiting tasks grows with them up to its limit', () => {
    const formula = `
      startingNumberOfVMs = 1;
      maxNumberofVMs = 25;
      pendingTaskSamplePercent = $PendingTasks.GetSamplePercent(180 * TimeInterval_Second);
      pendingTaskSamples = pendingTaskSamplePercent < 70 ? startingNumberOfVMs
        : avg($PendingTasks.GetSample(180 * TimeInterval_Second));
      $TargetDedicatedNodes=min(maxNumberofVMs, pendingTaskSamples);
      $NodeDeallocationOption = taskcompletion;`;
    expect(evaluate(formula).targets.targetDedicatedNodes).toBe(25);
    expect(evaluate(formula, { samples: {} }).targets.targetDedicatedNodes).toBe(1);
    const few = { $PendingTasks: history(4, 4, 4, 4, 5, 5, 5, 5) };
    expect(evaluate(formula, { samples: few }).targets.targetDedicatedNodes).toBe(4);
  });
});

describe('errors', () => {
  test.each([
    ['$X = ', 'syntax', 'Line 1, Col 6: A value was expected, but the formula ends.'],
    ['$X = 1 $Y = 2', 'syntax', 'Line 1, Col 8: ; was expected, but there is $Y.'],
    ['x = 1;\ny = (2;', 'syntax', 'Line 2, Col 7: ) was expected, but there is ;.'],
    ['x = 1 % 2', 'syntax', 'Line 1, Col 7: The character "%" means nothing here.'],
    ['x = "open', 'syntax', 'The character "\\"" means nothing here.'],
    [`x = ${'('.repeat(300)}1`, 'syntax', 'so deep'],
    [`x = ${'-'.repeat(300)}1`, 'syntax', 'so deep'],
    ['x = 1;'.repeat(101), 'syntax', 'at most 100 statements'],
    ['$something_useless', 'evaluation', 'Line 1, Col 1: There is no variable $something_useless.'],
    ['x = "a" + 1', 'evaluation', 'The operator + does not take a string and a double.'],
    ['x = time() + time()', 'evaluation', 'does not take a timestamp and a timestamp'],
    ['x = {1, 2} + {1}', 'evaluation', 'does not take a doubleVec and a doubleVec'],
    ['x = -"a"', 'evaluation', 'The operator - does not take a string.'],
    ['x = "a" ? 1 : 2', 'evaluation', 'A double is needed, not a string.'],
    ['x = nothing(1)', 'evaluation', 'There is no function nothing(double).'],
    [
      'x = $ActiveTasks.Nothing(1)',
      'evaluation',
      'There is no function $ActiveTasks.Nothing(double).',
    ],
    ['x = time().century', 'evaluation', 'A timestamp has no member century.'],
    ['x = val({1}, 4)', 'evaluation', 'There is no function val(doubleVec, double).'],
    ['x = time("nonsense")', 'evaluation', 'There is no function time(string).'],
    ['$ActiveTasks = 1', 'evaluation', '$ActiveTasks cannot be set.'],
    ['TimeInterval_Day = 1', 'evaluation', 'TimeInterval_Day cannot be set.'],
    [
      '$TargetDedicatedNodes = "many"',
      'evaluation',
      '$TargetDedicatedNodes cannot be set to many.',
    ],
    ['$TargetDedicatedNodes = 1 / 0', 'evaluation', 'cannot be set to Infinity'],
    ['$NodeDeallocationOption = "never"', 'evaluation', 'cannot be set to never'],
    [
      'x = $FailedTasks.GetSample(1)',
      'samples',
      'Line 1, Col 5: Insufficient data from data set: $FailedTasks wanted 100%, received 0%',
    ],
    [
      'x = $ActiveTasks.GetSample(TimeInterval_Minute * 4, 70)',
      'samples',
      'Insufficient data from data set: $ActiveTasks wanted 70%, received 50%',
    ],
  ])('%s', (formula, kind, message) => {
    const failure = errorOf(() => evaluate(formula));
    expect(failure.kind).toBe(kind);
    expect(failure.message).toContain(message);
  });

  test('no text makes it fail in any other way, or gives targets that are no counts', () => {
    const words = fc.constantFrom(...vocabulary.split(' '));
    const formulas = fc.oneof(
      fc.array(words, { maxLength: 30 }).map((list) => list.join(' ')),
      fc.string(),
    );
    fc.assert(
      fc.property(formulas, (formula) => {
        try {
          const { targets } = evaluate(formula);
          expect(Number.isSafeInteger(targets.targetDedicatedNodes)).toBe(true);
          expect(targets.targetDedicatedNodes).toBeGreaterThanOrEqual(0);
        } catch (error) {
          expect(error).toBeInstanceOf(FormulaError);
        }
      }),
      { numRuns: 2000 },
    );
  });

  test('arithmetic agrees with that of numbers', () => {
    const leaf = fc.integer({ min: 0, max: 1000 }).map(String);
    const { expression } = fc.letrec<{ expression: string }>((tie) => ({
      expression: fc.oneof(
        { depthSize: 'small' },
        leaf,
        fc
          .tuple(
            tie('expression'),
            fc.constantFrom('+', '-', '*', '<', '>=', '==', '!='),
            tie('expression'),
          )
          .map(([left, operator, right]) => `(${left} ${operator} ${right})`),
        fc
          .tuple(tie('expression'), tie('expression'), tie('expression'))
          .map(([test, yes, no]) => `(${test} ? ${yes} : ${no})`),
      ),
    }));
    fc.assert(
      fc.property(expression, (text) => {
        // The text is made of numbers and operators only.
        const expected = Number(new Function(`return ${text}`)());
        expect(valueOf(text)).toBe(String(expected));
      }),
    );
  });
});

const vocabulary =
  '$ActiveTasks $TargetDedicatedNodes x = ; ( ) 1 2.5 + - * / ? : . GetSample min avg val , { } time "2016-01-01" < && ! ' +
  'stop // TimeInterval_Hour $NodeDeallocationOption requeue \n $CPUPercent weekday';

function errorOf(action: () => unknown): FormulaError {
  try {
    action();
  } catch (error) {
    if (error instanceof FormulaError) return error;
    throw error;
  }
  throw new Error('It was expected to fail.');
}
