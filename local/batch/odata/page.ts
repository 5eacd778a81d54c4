import type { Call } from '../wire/call.ts';
import { invalidQuery } from '../wire/errors.ts';

/** The names that $select may choose, as a set; undefined means all. Throws for names that the resource does not have. */
export function readSelect(call: Call, known: readonly string[]): ReadonlySet<string> | undefined {
  const text = call.query.get('$select');
  if (text === undefined || text.trim() === '') return undefined;
  const names = text.split(',').map((name) => name.trim());
  for (const name of names) {
    if (!known.includes(name)) {
      throw invalidQuery('$select', text, `There is no property ${name} here.`);
    }
  }
  return new Set(names);
}

/** Whether $expand=stats is asked for; throws for anything else that could be expanded. */
export function readExpand(call: Call): boolean {
  const text = call.query.get('$expand');
  if (text === undefined || text.trim() === '') return false;
  if (text.trim() === 'stats') return true;
  throw invalidQuery('$expand', text, 'Only stats can be expanded.');
}

/** Keeps only the selected members of an object. */
export function pick(value: object, selected: ReadonlySet<string> | undefined): object {
  if (selected === undefined) return value;
  return Object.fromEntries(Object.entries(value).filter(([name]) => selected.has(name)));
}

/** The key after which the page starts that a nextLink asks for. */
export function pageStart(call: Call): string | undefined {
  const token = call.query.get('$skiptoken');
  if (token === undefined) return undefined;
  const match = /^1-([A-Za-z0-9_-]*)$/.exec(token);
  if (match === null) {
    throw invalidQuery('$skiptoken', token, 'It is not one that this service gave.');
  }
  return Buffer.from(match[1] ?? '', 'base64url').toString('utf8');
}

/** The absolute URL of the page after `last`, with everything the client asked for: clients fetch it verbatim. */
export function nextLink(call: Call, last: string): string {
  const query = new URLSearchParams([...call.query]);
  query.delete('$skiptoken');
  query.set('$skiptoken', `1-${Buffer.from(last, 'utf8').toString('base64url')}`);
  // Clients sign the decoded text; %20 is read the same by all of them, + is not.
  return `${call.url}?${query.toString().replaceAll('+', '%20')}`;
}

/** JSON text of a list answer from the JSON texts of its members. */
export function listBody(
  call: Call,
  kind: string,
  page: { members: readonly string[]; next?: string | undefined },
): string {
  const link =
    page.next === undefined ? '' : `,"odata.nextLink":${JSON.stringify(nextLink(call, page.next))}`;
  const metadata = JSON.stringify(`${call.baseUrl}/$metadata#${kind}`);
  return `{"odata.metadata":${metadata},"value":[${page.members.join(',')}]${link}}`;
}

/** JSON text of the answer for a single resource. */
export function elementBody(call: Call, kind: string, value: object): string {
  return JSON.stringify({
    'odata.metadata': `${call.baseUrl}/$metadata#${kind}/@Element`,
    ...value,
  });
}
