import * as df from 'durable-functions';

type Context = df.OrchestrationContext;

df.app.entity('Counter', (context: df.EntityContext<number>) => {
  const { df: entity } = context;
  const value = entity.getState(() => 0) ?? 0;
  switch (entity.operationName) {
    case 'add':
      return entity.setState(value + entity.getInput<number>()!);
    case 'get':
      return entity.return(value);
    case 'describe':
      return entity.return({
        name: entity.entityName,
        key: entity.entityKey,
        isNew: entity.isNewlyConstructed,
        input: entity.getInput() ?? 'none',
      });
    case 'forward':
      return entity.signalEntity(
        new df.EntityId('counter', entity.getInput<string>()!),
        'add',
        value,
      );
    case 'metadata':
      return entity.return(context.triggerMetadata);
    case 'delete':
      return entity.destructOnExit();
    case 'spoil':
      entity.setState(-1);
      throw new Error('spoilt');
  }
});

const counter = (key: string): df.EntityId => new df.EntityId('counter', key);

df.app.orchestration('counts', function* (context: Context) {
  const { key, numbers } = context.df.getInput<{ key: string; numbers: number[] }>();
  for (const n of numbers) context.df.signalEntity(counter(key), 'add', n);
  return yield context.df.callEntity(counter(key), 'get');
});

df.app.orchestration('entityMix', function* (context: Context) {
  const key = context.df.instanceId;
  context.df.signalEntity(counter(key), 'add', 5);
  const results: unknown[] = yield context.df.Task.all([
    context.df.callEntity(counter(key), 'get'),
    context.df.callActivity('square', 3),
    context.df.callEntity(counter(key), 'describe', { a: 1 }),
  ]);
  const nothing: unknown = yield context.df.callEntity(counter(key), 'add', 2);
  context.df.signalEntity(counter(key), 'forward', `${key}-other`);
  const last: unknown = yield context.df.callEntity(counter(key), 'get');
  return { results, nothing: nothing === undefined, last };
});

df.app.orchestration('spoils', function* (context: Context) {
  const key = context.df.instanceId;
  try {
    yield context.df.callEntity(counter(key), 'spoil');
  } catch (error) {
    return {
      caught: (error as Error).message,
      kept: yield context.df.callEntity(counter(key), 'get'),
    };
  }
});

df.app.orchestration('signalsAtItsEnd', function* (context: Context) {
  const key = context.df.instanceId;
  yield context.df.callActivity('identity', 1);
  context.df.signalEntity(counter(key), 'add', 7);
  return 'done';
});

let changes = 0;
df.app.orchestration('changingEntity', function* (context: Context) {
  changes += 1;
  if (changes === 1) yield context.df.callEntity(counter('changing'), 'get');
  yield context.df.callActivity('identity', 2);
});

df.app.orchestration('entityMetadata', function* (context: Context) {
  return yield context.df.callEntity(counter(context.df.instanceId), 'metadata');
});
