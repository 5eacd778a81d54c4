import { readBody, sendJson, type Exchange } from '../../http/exchange.ts';

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

function refuse({ response }: Exchange, reason: string): undefined {
  sendJson(response, 400, {
    Message: 'Invalid JSON content',
    ExceptionMessage: reason,
    ExceptionType: 'Newtonsoft.Json.JsonReaderException',
    StackTrace: '',
  });
}
