import { describe, expect, it } from 'vitest';
import { compileRoute } from '../../../../local/host/http/route-template.ts';

const match = (template: string, path: string): Record<string, string> | undefined =>
  compileRoute(template).match(path.split('/').filter((part) => part !== ''));

describe('a route template', () => {
  it.each<[string, string, Record<string, string> | undefined]>([
    ['', '', {}],
    ['a/b', 'A/B', {}],
    ['a/b', 'a', undefined],
    ['a', 'a/b', undefined],
    ['{x}', 'v', { x: 'v' }],
    ['{x}', '', undefined],
    ['a/{x?}', 'a', {}],
    ['{*rest}', 'a/b', { rest: 'a/b' }],
    ['{**rest}', 'a/b', { rest: 'a/b' }],
    ['{*rest:regex(^a)}', 'a/b', { rest: 'a/b' }],
    ['{id:int}', '-12', { id: '-12' }],
    ['{id:int}', '1x', undefined],
    ['{id:int?}', '', {}],
    ['{id:bool}', 'True', { id: 'True' }],
    [
      '{id:guid}',
      '3f2504e0-4f89-11d3-9a0c-0305e82c3301',
      { id: '3f2504e0-4f89-11d3-9a0c-0305e82c3301' },
    ],
    ['{id:guid}', '3f2504e0', undefined],
    ['{id:length(2,3)}', 'abcd', undefined],
    ['{id:length(2)}', 'ab', { id: 'ab' }],
    ['{id:minlength(2)}', 'a', undefined],
    ['{id:maxlength(2)}', 'abc', undefined],
    ['{id:alpha:minlength(2)}', 'ab', { id: 'ab' }],
    ['{id:alpha:minlength(2)}', 'a', undefined],
    ['{id:int}', '2147483648', undefined],
    ['{id:long}', '2147483648', { id: '2147483648' }],
    ['{id:long}', '9223372036854775808', undefined],
    ['{id:min(5)}', '4', undefined],
    ['{id:max(5)}', '5', { id: '5' }],
    ['{id:range(1,10)}', '10', { id: '10' }],
    ['{id:range(1,10)}', '11', undefined],
    ['{at:datetime}', '2026-11-25', { at: '2026-11-25' }],
    ['{at:datetime}', 'soon', undefined],
    ['{id=7}', '', { id: '7' }],
    ['{id:int=7}', '8', { id: '8' }],
    ['a/{x=1}/{y?}', 'a', { x: '1' }],
    ['{*rest=all}', '', { rest: 'all' }],
    ['{ssn:regex(^\\d{{3}}-\\d{{2}}$)}', '123-45', { ssn: '123-45' }],
    ['{ssn:regex(^\\d{{3}}-\\d{{2}}$)}', '123-456', undefined],
    ['{name}.{ext}', 'a.b.txt', { name: 'a.b', ext: 'txt' }],
    ['v{major:int}.{minor:int}', 'V1.20', { major: '1', minor: '20' }],
    ['v{major:int}', 'vx', undefined],
    ['a-{x}', 'a-', undefined],
  ])('%s takes the path "%s" as %j', (template, path, expected) => {
    expect(match(template, path)).toEqual(expected);
  });

  it.each([
    ['a-{x?}', 'beside text a parameter cannot be optional'],
    ['{x', 'cannot read "{x"'],
    ['{1x}', 'expected a parameter such as {id}'],
    ['{x:weird(1,2)}', 'unknown constraint "weird(1,2)"'],
  ])('%s is refused', (template, text) => {
    expect(() => compileRoute(template)).toThrow(text);
  });

  it('comes before a less exact one', () => {
    const templates = ['{*x}', '{x}', '{x:int}', 'a', 'a/{x}'];
    const sorted = templates.toSorted((a, b) =>
      compileRoute(a).order < compileRoute(b).order ? -1 : 1,
    );
    expect(sorted).toEqual(['a', 'a/{x}', '{x:int}', '{x}', '{*x}']);
  });
});
