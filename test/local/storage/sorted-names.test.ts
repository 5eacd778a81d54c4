import fc from 'fast-check';
import { expect, test } from 'vitest';
import { lowerBound, sortedNames, type SortedNames } from '../../../local/storage/sorted-names.ts';

const name = fc.string({ unit: 'binary', maxLength: 2 });
const step = fc.record({ kind: fc.constantFrom('add', 'remove', 'read'), name });

function change(kind: string, name: string, names: SortedNames, model: Set<string>) {
  if (kind === 'add') {
    names.add(name);
    model.add(name);
    return;
  }
  names.remove(name);
  model.delete(name);
}

test('names are those added and not removed, in order, whenever they are read', () => {
  const agrees = (steps: { kind: string; name: string }[]) => {
    const names = sortedNames();
    const model = new Set<string>();
    for (const { kind, name } of steps) {
      if (kind === 'read') expect(names.all()).toEqual([...model].toSorted());
      else change(kind, name, names, model);
    }
    expect(names.all()).toEqual([...model].toSorted());
  };
  fc.assert(fc.property(fc.array(step, { maxLength: 60 }), agrees));
});

test('the lower bound is where a name is or would be', () => {
  const isBound = (list: string[], from: string) => {
    const names = list.toSorted();
    expect(lowerBound(names, from)).toBe(names.filter((each) => each < from).length);
  };
  fc.assert(fc.property(fc.array(name), name, isBound));
});
