import type { EventGridEvent } from './event.ts';
import type { AdvancedFilter, OperatorType, SubscriptionFilter } from './subscription.ts';

/** Whether an event passes a subscription's filter; no filter lets all pass. */
export function matches(filter: SubscriptionFilter | undefined, event: EventGridEvent): boolean {
  if (!filter) return true;
  return (
    (filter.includedEventTypes?.includes(event.eventType) ?? true) &&
    subjectMatches(filter, event.subject) &&
    (filter.advancedFilters ?? []).every((each) => advancedMatches(each, event))
  );
}

/** What is known of an event before it happened. */
export type EventForecast = Pick<EventGridEvent, 'topic' | 'subject' | 'eventType'> & {
  data: { api: string; url: string };
};

/** Whether an event that is only partly known may pass: filters on what is not known yet are left out. */
export function mayMatch(filter: SubscriptionFilter | undefined, event: EventForecast): boolean {
  const advancedFilters = filter?.advancedFilters?.filter(({ key }) => FORESEEN.has(key));
  const unknown = { id: '', eventTime: '', dataVersion: '', metadataVersion: '' };
  return matches(filter && { ...filter, advancedFilters }, { ...unknown, ...event });
}

const FORESEEN = new Set(['topic', 'subject', 'eventType', 'data.api', 'data.url']);

function subjectMatches(filter: SubscriptionFilter, subject: string): boolean {
  const fold = (text: string) => (filter.isSubjectCaseSensitive ? text : text.toLowerCase());
  return (
    fold(subject).startsWith(fold(filter.subjectBeginsWith ?? '')) &&
    fold(subject).endsWith(fold(filter.subjectEndsWith ?? ''))
  );
}

const COMPARE: Record<string, (value: string, wanted: string) => boolean> = {
  In: (value, wanted) => value === wanted,
  BeginsWith: (value, wanted) => value.startsWith(wanted),
  EndsWith: (value, wanted) => value.endsWith(wanted),
  Contains: (value, wanted) => value.includes(wanted),
};

/** Advanced string filters never heed case; a field that is absent passes the Not… operators only. */
function advancedMatches({ operatorType, key, values }: AdvancedFilter, event: EventGridEvent) {
  const [, not, compare] = /^String(Not)?(\w+)$/.exec(operatorType) as unknown as Operator;
  const value = valueAt(event, key);
  const holds = values.some(
    (wanted) =>
      typeof value === 'string' && COMPARE[compare]?.(value.toLowerCase(), wanted.toLowerCase()),
  );
  return not === undefined ? holds : !holds;
}

type Operator = [OperatorType, 'Not' | undefined, string];

function valueAt(event: EventGridEvent, key: string): unknown {
  let value: unknown = event;
  for (const name of key.split('.')) value = (value as Record<string, unknown> | undefined)?.[name];
  return value;
}
