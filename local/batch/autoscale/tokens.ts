import { FormulaError, type Place } from './formula-error.ts';

/** The smallest part of a formula that means something. */
export interface Token {
  kind: 'number' | 'string' | 'name' | 'symbol' | 'end';
  text: string;
  place: Place;
}

const pattern =
  /\s+|\/\/[^\n]*|(?<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)|(?<string>"[^"\n]*"|'[^'\n]*')|(?<name>\$?[A-Za-z_]\w*)|(?<symbol>[<>=!]=|&&|\|\||[-+*/!<>=?:;(),.{}])/y;

/** Splits a formula into its tokens, the last of which is `end`; comments and blanks are left out. */
export function tokensOf(formula: string): Token[] {
  const tokens: Token[] = [];
  const lines = createLines(formula);
  let at = 0;
  while (at < formula.length) {
    pattern.lastIndex = at;
    const match = pattern.exec(formula);
    if (match === null) {
      const text = JSON.stringify(formula[at]);
      throw new FormulaError('syntax', lines(at), `The character ${text} means nothing here.`);
    }
    const [kind, text] =
      Object.entries(match.groups ?? {}).find(([, value]) => value !== undefined) ?? [];
    if (kind !== undefined && text !== undefined) {
      tokens.push({ kind: kind as Token['kind'], text, place: lines(at) });
    }
    at = pattern.lastIndex;
  }
  tokens.push({ kind: 'end', text: '', place: lines(at) });
  return tokens;
}

function createLines(formula: string): (at: number) => Place {
  // Asked for places that only move on.
  let line = 1;
  let lineStart = 0;
  let scanned = 0;
  return (at) => {
    for (; scanned < at; scanned++) {
      if (formula[scanned] !== '\n') continue;
      line++;
      lineStart = scanned + 1;
    }
    return { line, column: at - lineStart + 1 };
  };
}
