import type { ServerResponse } from 'node:http';

export interface Refusal {
  status: number;
  code: string;
  message: string;
}

/** Answers in the way Azure Storage answers an error; cuts the connection when an answer has begun already. */
export function refuse(response: ServerResponse, { status, code, message }: Refusal): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const text = message.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
  const body = `<?xml version="1.0" encoding="utf-8"?><Error><Code>${code}</Code><Message>${text}</Message></Error>`;
  response.writeHead(status, {
    'content-type': 'application/xml',
    'content-length': Buffer.byteLength(body),
    'x-ms-error-code': code,
  });
  response.end(response.req.method === 'HEAD' ? undefined : body);
}
