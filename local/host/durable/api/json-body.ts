import { readBody, type Exchange } from '../../http/exchange.ts';
import { sendError } from './errors.ts';

/** Reads a body that must be JSON; answers 400 and gives undefined when it is not. */
export async function readJsonText(
  exchange: Exchange,
  whenEmpty: string | undefined,
): Promise<string | undefined> {
  const text = (await readBody(exchange.request)).toString('utf8');
  if (text.trim() === '') return whenEmpty ?? refuse(exchange, 'The body is empty.');
  try {
    return JSON.stringify(JSON.parse(text));
  } catch (error) {
    return refuse(exchange, String(error));
  }
}

function refuse({ response }: Exchange, exception: string): undefined {
  const type = 'Newtonsoft.Json.JsonReaderException';
  sendError(response, 400, { message: 'Invalid JSON content', exception, type });
}
