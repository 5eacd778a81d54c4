import type { Reply } from '../wire/call.ts';
import type { Faults } from './faults.ts';

/** A list's answer with the members of the page in an order that means nothing; any other answer as it is. */
export function shuffleList(faults: Faults, operation: string, reply: Reply): Reply {
  if (!faults.knobs.listsShuffled || !operation.includes('_List')) return reply;
  if (reply.body === undefined) return reply;
  const body = JSON.parse(reply.body) as { value?: unknown };
  if (!Array.isArray(body.value)) return reply;
  const drawn = body.value.map((member: unknown) => ({ member, at: faults.draw('lists') }));
  const value = drawn.toSorted((a, b) => a.at - b.at).map(({ member }) => member);
  return { ...reply, body: JSON.stringify({ ...body, value }) };
}
