import { sendJson, type Exchange } from '../../http/exchange.ts';

/** An error as the Durable extension words one: its own message, and the .NET exception behind it. */
export interface ApiError {
  message: string;
  exception: string;
  type: string;
}

/** Answers in the shape in which the Durable extension tells of an exception. */
export function sendError(
  response: Exchange['response'],
  status: number,
  { message, exception, type }: ApiError,
): void {
  const body = { Message: message, ExceptionMessage: exception, ExceptionType: type };
  sendJson(response, status, { ...body, StackTrace: '' });
}
