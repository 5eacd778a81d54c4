/**
 * Splits a command line into words as a POSIX shell would, without expanding anything: Batch starts the program
 * itself. Blanks separate words; '…' is literal; in "…" a backslash escapes only " \ $ ` and a line end; elsewhere a
 * backslash makes the next character literal. Undefined when a quote is not closed or there is no word.
 */
export function splitCommandLine(text: string): [string, ...string[]] | undefined {
  const words: string[] = [];
  let rest = text;
  while ((rest = rest.replace(/^[ \t\r\n]+/, '')) !== '') {
    const match = wordPattern.exec(rest);
    if (match === null || match[0] === '') return undefined;
    words.push(unquote(match[0]));
    rest = rest.slice(match[0].length);
    if (rest !== '' && !/^[ \t\r\n]/.test(rest)) return undefined;
  }
  const [first, ...others] = words;
  return first === undefined ? undefined : [first, ...others];
}

const partPattern = /'([^']*)'|"((?:[^"\\]|\\[\s\S])*)"|\\([\s\S])|([^ \t\r\n'"\\]+)/g;
const wordPattern = /^(?:'[^']*'|"(?:[^"\\]|\\[\s\S])*"|\\[\s\S]|[^ \t\r\n'"\\])+/;

function unquote(word: string): string {
  return word.replace(partPattern, (...groups: (string | undefined)[]) => {
    const [, single, double, escaped, plain] = groups;
    if (double !== undefined) {
      return double.replace(/\\(["\\$`\n])/g, (_, char: string) => (char === '\n' ? '' : char));
    }
    if (escaped !== undefined) return escaped === '\n' ? '' : escaped;
    return single ?? plain ?? '';
  });
}
