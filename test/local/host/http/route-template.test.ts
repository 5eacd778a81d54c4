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
  ])('%s takes the path "%s" as %j', (template, path, expected) => {
    expect(match(template, path)).toEqual(expected);
  });

  it.each([
    ['a-{x}', 'cannot read the segment "a-{x}"'],
    ['{x:range(1,2)}', 'unknown constraint "range(1,2)"'],
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
