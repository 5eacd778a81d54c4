/** A body with what differs from run to run taken out; JSON keeps its field order. */
export function normalize(text: string): string {
  return withoutMoments(isJson(text) ? JSON.stringify(walk(JSON.parse(text))) : text);
}

/** Times, made-up ids, origins and keys by what they stand for. */
export function withoutMoments(text: string): string {
  return text
    .replaceAll(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+(Z|\+00:00)/g, '<time with fraction>$1')
    .replaceAll(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/g, '<time>Z')
    .replaceAll(/\b[0-9a-f]{32}\b/g, '<id>')
    .replaceAll(/http:\/\/(?:127\.0\.0\.1|localhost):\d+/g, '<origin>')
    .replaceAll(/code=[^&"]+/g, 'code=<key>');
}

function isJson(text: string): boolean {
  return text.startsWith('{') || text.startsWith('[');
}

function walk(value: unknown): unknown {
  if (typeof value === 'string') return withoutStacks(value);
  if (Array.isArray(value)) return sortTogether(value.map(walk));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, walk(each)]));
}

/** A .NET exception within a text, without its stacks: those of .NET are not imitated. */
function withoutStacks(text: string): string {
  const at = text.indexOf('{"$type":"System.Exception');
  if (at < 0) return text;
  const exception = JSON.parse(text.slice(at), (key, value) => {
    if (key === 'RemoteStackTrace' || key === 'StackTrace') return '<stack>';
    return key === 'Message' ? String(value).replace(/\nStack: [^]*$/, '\nStack: <stack>') : value;
  });
  return text.slice(0, at) + JSON.stringify(exception);
}

/** Events of tasks that ran beside each other come in any order. */
function sortTogether(values: unknown[]): unknown[] {
  const isTask = (value: unknown): boolean =>
    (value as { EventType?: unknown } | null)?.EventType === 'TaskCompleted';
  const tasks = values
    .filter(isTask)
    .toSorted((a, b) =>
      withoutMoments(JSON.stringify(a)) < withoutMoments(JSON.stringify(b)) ? -1 : 1,
    );
  return values.map((value) => (isTask(value) ? tasks.shift() : value));
}
