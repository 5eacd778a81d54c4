import { describe, expect, test } from 'vitest';
import { runCli } from './cli.ts';

describe('the command line', () => {
  test('lists its commands and exit codes', async () => {
    const { code, stdout } = await runCli(['--help']);
    for (const command of ['dev', 'apply', 'drop', 'status', 'watch', 'demo', 'emulate']) {
      expect(stdout).toMatch(new RegExp(`^ {2}${command} `, 'm'));
    }
    expect(stdout).toContain('Exit codes: 0 done, 1 items failed');
    expect(code).toBe(0);
  });

  test.each([
    [['sttus'], /unknown command 'sttus'\n\(Did you mean status\?\)/],
    [['apply'], /missing required argument 'file'/],
    [['status', '--jsn'], /unknown option '--jsn'\n\(Did you mean --json\?\)/],
    [['dev', '--port', 'http'], /Give a number from 0 to 65535/],
    [['status', '--url', 'localhost'], /--url is not an http address: localhost/],
    [[], /Usage: sluice/],
  ])('refuses %j with a hint and exit code 2', async (args, message) => {
    const { code, stderr } = await runCli(args);
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/^ +at /m);
    expect(code).toBe(2);
  });
});
