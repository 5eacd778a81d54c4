import fc from 'fast-check';
import { expect, it } from 'vitest';
import { schedulerId, toEntityId } from '../../../../local/host/durable/entities/entity-id.ts';

it('an entity is found again by its scheduler id, whatever its key', () => {
  const name = fc.stringMatching(/^[A-Za-z][A-Za-z0-9_-]{0,20}$/);
  fc.assert(
    fc.property(name, fc.string(), (given, key) => {
      const id = schedulerId({ name: given, key });
      expect(toEntityId(id)).toEqual({ name: given.toLowerCase(), key });
      expect(schedulerId(toEntityId(id))).toBe(id);
    }),
  );
});
