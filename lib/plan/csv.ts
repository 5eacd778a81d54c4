import { bad, type Line } from './lines.ts';
import { clash, describeClash, type Variables, variableName } from './variables.ts';

/** The fields of one CSV record as RFC 4180 has them, or what is wrong with it. */
export function csvFields(
  record: string,
): { fields: string[]; fault?: undefined } | { fault: string } {
  const fields: string[] = [];
  let at = 0;
  for (;;) {
    const field = record[at] === '"' ? quotedField(record, at) : plainField(record, at);
    if ('fault' in field) return field;
    fields.push(field.value);
    if (field.next >= record.length) return { fields };
    at = field.next + 1;
  }
}

type Field = { value: string; next: number } | { fault: string };

/** `next` is where the comma after the field is, or the end of the record. */
function plainField(record: string, at: number): Field {
  const comma = record.indexOf(',', at);
  const next = comma === -1 ? record.length : comma;
  const value = record.slice(at, next);
  return value.includes('"')
    ? { fault: 'there is a quote inside of a field that does not begin with one' }
    : { value, next };
}

function quotedField(record: string, at: number): Field {
  let from = at + 1;
  let value = '';
  for (;;) {
    const quote = record.indexOf('"', from);
    if (quote === -1) return { fault: 'a quote is opened and never closed' };
    value += record.slice(from, quote);
    if (record[quote + 1] !== '"') {
      const next = quote + 1;
      const ends = next === record.length || record[next] === ',';
      return ends
        ? { value, next }
        : { fault: 'there is something between a closing quote and the comma' };
    }
    value += '"';
    from = quote + 2;
  }
}

/** Reads records by the names that their header gives; `taken` are the pipeline's parameters. Throws `BadInput`. */
export function csvReader(
  header: Line,
  { where, taken }: { where: string; taken: readonly string[] },
): (line: Line) => Variables {
  const columns = fieldsOf(header, where);
  const unnamed = columns.findIndex((column) => column.trim() === '');
  if (unnamed !== -1) {
    throw bad(where, header.number, `column ${unnamed + 1} of the header has no name`);
  }
  const clashing = clash([
    ...taken.map((name) => ({ name, of: 'parameter' })),
    ...columns.map((name) => ({ name, of: 'column' })),
  ]);
  if (clashing) {
    throw bad(where, header.number, `${describeClash(clashing)}; give one of them another name`);
  }
  const names = columns.map((column) => variableName(column));
  return (line) => {
    const fields = fieldsOf(line, where);
    if (fields.length !== names.length) {
      const what = `it has ${fields.length} fields, and the header has ${names.length}`;
      throw bad(where, line.number, what);
    }
    return Object.fromEntries(names.map((name, index) => [name, fields[index] ?? '']));
  };
}

function fieldsOf({ text, number }: Line, where: string): string[] {
  const read = csvFields(text);
  if (read.fault !== undefined) throw bad(where, number, read.fault);
  return read.fields;
}
