import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { CliError, codeOf, messageOf } from '../errors.ts';

/** What a run is started over, as `POST /api/runs` takes it: a blob by name or URL, or an object. */
export type Input = string | Record<string, unknown>;

export interface InputOptions {
  input?: string[];
  /** Name of a file, or - for stdin. */
  inputsFrom?: string;
}

/** The inputs that were typed and those of a file. Throws {@link CliError}. */
export async function readInputs({ input = [], inputsFrom }: InputOptions): Promise<Input[]> {
  const inputs = input.map(inputOf);
  if (inputsFrom === undefined) return inputs;
  const file = inputsFrom === '-' ? 'stdin' : inputsFrom;
  try {
    const content = await (inputsFrom === '-' ? text(process.stdin) : readFile(file, 'utf8'));
    return [...inputs, ...inputsOf(content, file)];
  } catch (cause) {
    if (cause instanceof CliError) throw cause;
    const why = codeOf(cause) === 'ENOENT' ? 'there is no such file' : messageOf(cause);
    throw new CliError(`--inputs-from ${file} cannot be read: ${why}.`, { cause });
  }
}

/** One input as typed: JSON where it begins with a brace, otherwise a name. Throws {@link CliError}. */
export function inputOf(text: string): Input {
  return text.startsWith('{') ? (json(text, text) as Record<string, unknown>) : text;
}

/** The inputs of a file: a JSON list, or one input a line; empty lines are passed over. Throws {@link CliError}. */
export function inputsOf(content: string, file: string): Input[] {
  if (!content.trimStart().startsWith('[')) {
    return content
      .split(/\r?\n/)
      .filter((line) => line !== '')
      .map(inputOf);
  }
  const list = json(content, file) as unknown[];
  if (list.every(isInput)) return list;
  throw new CliError(`${file} must be a JSON list of names and objects, and of nothing else.`);
}

/** `name=value` pairs as parameters; a value that the pipeline wants as a number or boolean becomes one. */
export function paramsOf(
  pairs: readonly string[],
  declared: Readonly<Record<string, { type?: string }>>,
): Record<string, unknown> {
  const params: Record<string, unknown> = {};
  for (const pair of pairs) {
    const at = pair.indexOf('=');
    if (at < 1) {
      const next = 'Give a parameter as NAME=VALUE, such as --param paths=20000';
      throw new CliError(`--param ${pair} has no name and value.`, { next });
    }
    const name = pair.slice(0, at);
    if (Object.hasOwn(params, name)) throw new CliError(`--param ${name} is given twice.`);
    params[name] = valueOf(pair.slice(at + 1), declared[name]?.type);
  }
  return params;
}

/** What does not read as its type stays text, so that the API names it with what it expects. */
function valueOf(text: string, type: string | undefined): unknown {
  const isNumber = type === 'integer' || type === 'number';
  if (isNumber && text.trim() !== '' && Number.isFinite(Number(text))) return Number(text);
  if (type === 'boolean' && (text === 'true' || text === 'false')) return text === 'true';
  return text;
}

function isInput(value: unknown): value is Input {
  return typeof value === 'string' || (typeof value === 'object' && value !== null);
}

function json(text: string, where: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new CliError(`${where} is not JSON: ${messageOf(cause)}.`, { cause });
  }
}
