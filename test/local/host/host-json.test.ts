import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { readHostJson, parseTimeSpan } from '../../../local/host/host-json.ts';
import { appEnvironment, readLocalSettings } from '../../../local/host/local-settings.ts';
import { isLogged, type LogLevels } from '../../../local/host/log-levels.ts';
import { temporaryApp } from './support/temporary-app.ts';

const app = temporaryApp('none');
afterAll(() => app.remove());

const read = (settings: object, env: Record<string, string> = {}) => {
  app.write('host.json', JSON.stringify({ version: '2.0', ...settings }));
  return readHostJson(app.path, env);
};

describe('host.json', () => {
  it('has the defaults of the real host', () => {
    expect(read({})).toMatchObject({
      routePrefix: 'api',
      customHeaders: {},
      maxOutstandingRequests: Infinity,
      functionTimeout: 30 * 60_000,
      hubName: 'TestHubName',
      ignored: [],
    });
  });

  it('may have comments, and tells of what has no effect', () => {
    app.write('host.json', '{ /* one */ "version": "2.0", // two\n "retry": { "a": "//" } }');
    expect(readHostJson(app.path, {}).ignored).toEqual(['retry']);
  });

  it('does not tell of what only Azure uses', () => {
    const logging = { applicationInsights: {}, logLevel: { default: 'Warning' } };
    expect(read({ logging, extensionBundle: { id: 'x' } }).ignored).toEqual([]);
  });

  it('is overridden by settings of the environment, whatever their case', () => {
    const settings = read(
      { extensions: { http: { routePrefix: 'file', maxOutstandingRequests: 5 } } },
      {
        AzureFunctionsJobHost__Extensions__Http__RoutePrefix: 'env',
        AzureFunctionsJobHost__logging__logLevel__default: 'Error',
        AzureFunctionsJobHost__functionTimeout: '00:01:00',
      },
    );
    expect(settings).toMatchObject({
      routePrefix: 'env',
      maxOutstandingRequests: 5,
      logLevels: { default: 'error' },
      functionTimeout: 60_000,
    });
  });

  it('names its task hub by a setting', () => {
    const extensions = { durableTask: { hubName: '%HUB%' } };
    expect(read({ extensions }, { HUB: 'mine' }).hubName).toBe('mine');
  });

  it.each([
    [{ version: '1.0' }, '"version" is "1.0"; expected "2.0"'],
    [{ functionTimeout: '5m' }, 'functionTimeout is "5m"; expected a time as hh:mm:ss'],
    [{ logging: { logLevel: { Host: 'Loud' } } }, 'logging.logLevel.Host in host.json is "Loud"'],
    [{ extensions: { http: { maxOutstandingRequests: 0 } } }, 'or -1 for no limit'],
    [
      { extensions: { durableTask: { maxConcurrentActivityFunctions: 'x' } } },
      'expected a whole number above 0',
    ],
    [{ extensions: { durableTask: { hubName: '%HUB%' } } }, 'the setting HUB, which is not set'],
  ])('%j is refused', (settings, text) => {
    expect(() => read(settings)).toThrow(text);
  });

  it('is refused when it is not there or holds no object', () => {
    expect(() => readHostJson('/nowhere', {})).toThrow('No host.json in /nowhere');
    app.write('host.json', '{ "version": ');
    expect(() => readHostJson(app.path, {})).toThrow('host.json is not valid JSON');
    app.write('host.json', '[]');
    expect(() => readHostJson(app.path, {})).toThrow('expected a JSON object');
  });
});

describe('local.settings.json', () => {
  const local = (settings: object) => {
    app.write('local.settings.json', JSON.stringify(settings));
    return readLocalSettings(app.path);
  };

  it('gives values, port and origins', () => {
    const settings = local({
      Values: { A: 'x', B: 1, C: true },
      Host: { LocalHttpPort: 7072, CORS: 'https://a.example,https://b.example' },
    });
    expect(settings).toEqual({
      values: { A: 'x', B: '1', C: 'true' },
      port: 7072,
      cors: { origins: ['https://a.example', 'https://b.example'], credentials: false },
    });
  });

  it('gives way to the environment, and the host says what it runs on', () => {
    const settings = local({ Values: { PATH: 'mine', MINE: 'yes', WEBSITE_HOSTNAME: 'other' } });
    const env = appEnvironment(settings, 'localhost:7071');
    expect(env).toMatchObject({ MINE: 'yes', WEBSITE_HOSTNAME: 'localhost:7071' });
    expect(env['PATH']).toBe(process.env['PATH']);
    expect(env['AZURE_FUNCTIONS_ENVIRONMENT']).toBe('Development');
  });

  it.each([
    [{ IsEncrypted: true }, 'func settings decrypt'],
    [{ Values: { A: { B: 1 } } }, 'Values.A is {"B":1}; expected plain text'],
    [{ Host: { LocalHttpPort: 'x' } }, 'Host.LocalHttpPort is "x"'],
  ])('%j is refused with what to do', (settings, text) => {
    expect(() => local(settings)).toThrow(text);
  });

  it('of an app for another language is refused', () => {
    const settings = local({ Values: { FUNCTIONS_WORKER_RUNTIME: 'python' } });
    expect(() => appEnvironment(settings, 'h')).toThrow('this host runs Node apps only');
  });
});

describe('a log level', () => {
  const levels: LogLevels = {
    default: 'warning',
    function: 'error',
    'function.drop.user': 'trace',
  };
  it.each([
    ['Host', 'warning', true],
    ['Host', 'information', false],
    ['Function.other.User', 'warning', false],
    ['Function.drop', 'warning', false],
    ['Function.Drop.User', 'debug', true],
    ['Function.drop.User', 'none', false],
  ] as const)('of %s lets "%s" through: %s', (category, level, expected) => {
    expect(isLogged(levels, category, level)).toBe(expected);
  });

  it('is Information where host.json names none', () => {
    expect(isLogged({}, 'Host', 'information')).toBe(true);
    expect(isLogged({}, 'Host', 'debug')).toBe(false);
  });
});

it('a time span is read as .NET writes it', () => {
  const parts = fc.tuple(fc.nat(99), fc.nat(23), fc.nat(59), fc.nat(59), fc.nat(999));
  const pad = (value: number, length = 2) => String(value).padStart(length, '0');
  fc.assert(
    fc.property(parts, ([days, hours, minutes, seconds, ms]) => {
      const text = `${days}.${pad(hours)}:${pad(minutes)}:${pad(seconds)}.${pad(ms, 3)}`;
      const whole = ((days * 24 + hours) * 60 + minutes) * 60 + seconds;
      expect(parseTimeSpan(text, 'x')).toBe(whole * 1000 + ms);
    }),
  );
  expect(parseTimeSpan(-1, 'x')).toBe(Infinity);
});
