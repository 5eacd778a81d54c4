/** Where events of one kind go; the fields are those of an Azure event subscription. */
export interface Subscription {
  name: string;
  /** Webhook URL that is posted to, query string and all. */
  endpoint: string;
  filter?: SubscriptionFilter;
}

export interface SubscriptionFilter {
  includedEventTypes?: string[];
  subjectBeginsWith?: string;
  subjectEndsWith?: string;
  /** For the two subject filters; absent means false, as in Azure. */
  isSubjectCaseSensitive?: boolean;
  advancedFilters?: AdvancedFilter[];
}

/** All of a subscription's advanced filters must hold; one holds when any of its values does (Not…: when none does). */
export interface AdvancedFilter {
  operatorType: OperatorType;
  /** A field of the event: `subject`, `eventType`, …, or `data.…`. */
  key: string;
  values: string[];
}

export const OPERATOR_TYPES = [
  'StringIn',
  'StringNotIn',
  'StringBeginsWith',
  'StringNotBeginsWith',
  'StringEndsWith',
  'StringNotEndsWith',
  'StringContains',
  'StringNotContains',
] as const;

export type OperatorType = (typeof OPERATOR_TYPES)[number];

/** Reads subscriptions from parsed JSON; throws an Error that names the field and what was expected. */
export function parseSubscriptions(json: unknown): Subscription[] {
  if (!Array.isArray(json)) throw wrong('the file', 'an array of subscriptions', json);
  const subscriptions = json.map((each, at) => parseSubscription(each, `[${at}]`));
  const names = subscriptions.map(({ name }) => name);
  const twice = names.find((name, at) => names.indexOf(name) !== at);
  if (twice !== undefined) throw new Error(`Event subscriptions: the name "${twice}" stands twice`);
  return subscriptions;
}

const SUBSCRIPTION_FIELDS = ['name', 'endpoint', 'filter'];
const FILTER_FIELDS = [
  'includedEventTypes',
  'subjectBeginsWith',
  'subjectEndsWith',
  'isSubjectCaseSensitive',
  'advancedFilters',
];
const ADVANCED_FIELDS = ['operatorType', 'key', 'values'];
const KEYS = /^(id|topic|subject|eventType|dataVersion|data(\.[^.]+)+)$/;

function parseSubscription(json: unknown, at: string): Subscription {
  const fields = record(json, at, SUBSCRIPTION_FIELDS);
  if (!isText(fields['name'])) throw wrong(`${at}.name`, 'a name', fields['name']);
  const { name, endpoint, filter } = fields;
  if (!isText(endpoint) || !URL.canParse(endpoint)) {
    throw wrong(`${at}.endpoint`, 'a URL', endpoint);
  }
  return filter === undefined
    ? { name, endpoint }
    : { name, endpoint, filter: parseFilter(filter, `${at}.filter`) };
}

function parseFilter(json: unknown, at: string): SubscriptionFilter {
  const filter = record(json, at, FILTER_FIELDS);
  const { includedEventTypes: types, advancedFilters: advanced, isSubjectCaseSensitive } = filter;
  if (types !== undefined && !isTexts(types)) {
    throw wrong(`${at}.includedEventTypes`, 'an array of strings', types);
  }
  for (const field of ['subjectBeginsWith', 'subjectEndsWith']) {
    const value = filter[field];
    if (value !== undefined && typeof value !== 'string') {
      throw wrong(`${at}.${field}`, 'a string', value);
    }
  }
  if (isSubjectCaseSensitive !== undefined && typeof isSubjectCaseSensitive !== 'boolean') {
    throw wrong(`${at}.isSubjectCaseSensitive`, 'a boolean', isSubjectCaseSensitive);
  }
  if (advanced === undefined) return filter;
  if (!Array.isArray(advanced)) throw wrong(`${at}.advancedFilters`, 'an array', advanced);
  const parsed = advanced.map((each, n) => parseAdvanced(each, `${at}.advancedFilters[${n}]`));
  return { ...filter, advancedFilters: parsed };
}

function parseAdvanced(json: unknown, at: string): AdvancedFilter {
  const { operatorType, key, values } = record(json, at, ADVANCED_FIELDS);
  const known = OPERATOR_TYPES.find((operator) => operator === operatorType);
  if (!known) {
    throw wrong(`${at}.operatorType`, `one of ${OPERATOR_TYPES.join(', ')}`, operatorType);
  }
  if (!isText(key) || !KEYS.test(key)) {
    throw wrong(`${at}.key`, 'a field of the event such as data.api', key);
  }
  if (!isTexts(values)) throw wrong(`${at}.values`, 'an array of strings', values);
  return { operatorType: known, key, values };
}

function record(json: unknown, at: string, known: string[]): Record<string, unknown> {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) {
    throw wrong(at, 'an object', json);
  }
  const unknown = Object.keys(json).find((field) => !known.includes(field));
  if (unknown === undefined) return json as Record<string, unknown>;
  throw new Error(
    `Event subscriptions: ${at}.${unknown} is not built; known are ${known.join(', ')}`,
  );
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((each) => typeof each === 'string');
}

function wrong(at: string, expected: string, got: unknown) {
  return new Error(
    `Event subscriptions: ${at} must be ${expected}, but is ${JSON.stringify(got) ?? 'absent'}`,
  );
}
