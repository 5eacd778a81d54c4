import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** One request and what the real host answered. */
export interface RecordedExchange {
  title: string;
  method: string;
  path: string;
  body: string | undefined;
  status: number;
  headers: Record<string, string>;
  /** Compact, as it was on the wire; JSON is indented in the recording. */
  text: string;
}

/** One call of a function: what the real host sent, and what the app answered. */
export interface RecordedCall {
  title: string;
  /** The trigger's value. */
  input: Record<string, unknown>;
  /** What the function returned. */
  returned: unknown;
}

/** Where the recording of the real host lies; undefined when the reference material is not there. */
export function recordingPath(): string | undefined {
  const directory = process.env['SLUICE_REFERENCE_DIR'];
  const path = directory && join(directory, 'facts/host-traces.md');
  return path && existsSync(path) ? path : undefined;
}

/** The HTTP exchanges of a recording, in the order they happened. */
export function readExchanges(path: string): RecordedExchange[] {
  return sections(path, '# A. ').flatMap(({ title, text }) => {
    const [request, response] = blocks(text, 'http');
    return request && response ? [toExchange(title, request, response)] : [];
  });
}

function toExchange(title: string, request: string, response: string): RecordedExchange {
  const [line = '', body] = splitAt(request, '\n\n');
  const [method = '', path = ''] = line.split(' ');
  const [head = '', text = ''] = splitAt(response, '\n\n');
  const [status = '', ...headers] = head.split('\n');
  return {
    title,
    method,
    path,
    body,
    status: Number(/HTTP (\d+)/.exec(status)?.[1]),
    headers: Object.fromEntries(headers.map(toHeader)),
    text: compact(text.trim()),
  };
}

function toHeader(line: string): [string, string] {
  const [name, value = ''] = splitAt(line, ': ');
  return [name, value];
}

/** The calls of functions in a recording that have a JSON trigger value. */
export function readCalls(path: string): RecordedCall[] {
  return sections(path, '# B. ').flatMap(({ title, text }) => {
    const at = text.indexOf('inputData (payload strings parsed):');
    if (at < 0) return [];
    // Between the two stands the trigger's metadata, where there is any.
    const [input, ...others] = blocks(text.slice(at), 'json').map((json) => JSON.parse(json));
    const response = others.at(-1);
    if (response === undefined) return [];
    const [trigger] = Object.values(input) as Record<string, unknown>[];
    const returned = response.returnValue?.['json (parsed)'];
    return [{ title, input: (trigger?.['string (parsed)'] ?? trigger) as never, returned }];
  });
}

function sections(path: string, part: string): { title: string; text: string }[] {
  const whole = readFileSync(path, 'utf8').split(/^(?=# )/m);
  const text = whole.find((each) => each.startsWith(part)) ?? '';
  return text
    .split(/^### /m)
    .slice(1)
    .map((section) => {
      const [title = '', rest = ''] = splitAt(section, '\n');
      return { title, text: rest };
    });
}

function blocks(text: string, language: string): string[] {
  const found = text.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)\\n\`\`\`$`, 'gms'));
  return [...found].map((match) => match[1] ?? '');
}

function splitAt(text: string, separator: string): [string, string | undefined] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + separator.length)];
}

function compact(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text));
  } catch {
    return text;
  }
}
