/** Which entity; `name` is in lower case, as Azure keeps it. */
export interface EntityId {
  name: string;
  key: string;
}

/** The id under which orchestrations address an entity: `@name@key`. */
export function schedulerId({ name, key }: EntityId): string {
  return `@${name.toLowerCase()}@${key}`;
}

/** The entity behind a scheduler id; a key may itself contain an `@`. */
export function toEntityId(id: string): EntityId {
  const end = id.indexOf('@', 1);
  return { name: id.slice(1, end).toLowerCase(), key: id.slice(end + 1) };
}
