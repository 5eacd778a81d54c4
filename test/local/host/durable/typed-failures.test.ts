import * as df from 'durable-functions';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readHistory } from '../../../../local/host/durable/replay-history.ts';
import { EventType } from '../../../../local/host/durable/protocol.ts';
import { registerFunctions, startEngine, type TestEngine } from '../support/engine.ts';
import { temporaryDirectory } from '../support/running-host.ts';

type Context = df.OrchestrationContext;

class QuotaError extends Error {
  override name = 'QuotaError';
  readonly left: number;
  constructor(message: string, left: number) {
    super(message);
    this.left = left;
  }
}

const data = temporaryDirectory();
let engine: TestEngine;
let log: () => string;
let runs = 0;
beforeAll(() => {
  const registered = registerFunctions();
  log = registered.log;
  // The provider is one for the whole process, which is why these tests have a file of their own.
  df.app.setExceptionPropertiesProvider({
    getExceptionProperties: (error: unknown) =>
      error instanceof QuotaError ? { left: error.left } : undefined,
  });
  df.app.activity('spends', {
    handler: () => {
      runs += 1;
      throw new QuotaError('too much', 3);
    },
  });
  /** Fails as an activity does that says its error is not retriable. */
  df.app.activity('refuses', {
    handler: () => {
      runs += 1;
      const failure = { errorType: 'Refused', errorMessage: 'never', isNonRetriable: true };
      throw new Error(JSON.stringify(failure));
    },
  });
  df.app.orchestration('catches', function* (context: Context) {
    try {
      yield context.df.callActivity('spends');
    } catch (error) {
      const { message, taskName, failureDetails } = error as df.TaskFailedError;
      const { errorType, properties } = failureDetails;
      return { message, taskName, errorType, properties };
    }
  });
  df.app.orchestration('letsGo', function* (context: Context) {
    yield context.df.callActivity('spends');
  });
  df.app.orchestration('triesAgain', function* (context: Context) {
    yield context.df.callActivityWithRetry('refuses', new df.RetryOptions(60_000, 5));
  });
  engine = startEngine(registered.registry, { dataDir: data.path });
});
afterAll(async () => {
  await engine.stop();
  data.remove();
});

async function outcome(name: string): Promise<{ status: string; output: unknown; id: string }> {
  const started = await engine.start({ name, input: 'null' });
  const id = 'instanceId' in started ? started.instanceId : '';
  const { status, output } = await engine.untilEnd(id);
  return { status, output: JSON.parse(output!), id };
}

describe('an error whose type the app tells', () => {
  it('is caught with its type and properties', async () => {
    expect((await outcome('catches')).output).toEqual({
      message: 'QuotaError: too much',
      taskName: 'spends',
      errorType: 'QuotaError',
      properties: { left: 3 },
    });
  });

  it('that is not caught is the output by itself, and stands in the history', async () => {
    const { status, output, id } = await outcome('letsGo');
    expect([status, output]).toEqual(['Failed', 'QuotaError: too much']);
    const failed = readHistory(data.path, id).find(
      ({ EventType: type }) => type === EventType.TaskFailed,
    );
    expect(failed).toMatchObject({
      Reason: "Activity function 'spends' failed with an unhandled exception.",
      Details: null,
      FailureDetails: {
        ErrorType: 'QuotaError',
        ErrorMessage: 'too much',
        IsNonRetriable: false,
        Properties: { left: 3 },
      },
    });
  });

  it('is not tried again when it is not retriable, and the instance does not hang', async () => {
    runs = 0;
    const { status, output } = await outcome('triesAgain');
    expect([status, output, runs]).toEqual(['Failed', 'Refused: never', 1]);
    expect(log()).toContain('triesAgain  its retries end before the last attempt');
  });
});
