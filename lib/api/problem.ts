import { z } from 'zod';
import type { Problem } from '../plan/parse-pipeline.ts';
import { SluiceError, type SluiceErrorCode } from '../errors.ts';

/** RFC 9457 problem details, with the error's code and, for a pipeline file, each fault in it. */
export const problemSchema = z
  .strictObject({
    type: z.literal('about:blank'),
    title: z.string(),
    status: z.number().int(),
    detail: z.string(),
    code: z.string().describe('One of those in docs/failures.md.'),
    errors: z
      .array(
        z.strictObject({
          file: z.string(),
          line: z.number().int(),
          column: z.number().int(),
          path: z.string(),
          message: z.string(),
          expected: z.string(),
          got: z.string(),
          fix: z.string(),
        }),
      )
      .optional()
      .describe('The faults of a pipeline file.'),
  })
  .meta({ id: 'Problem', description: 'What went wrong, as RFC 9457 has it.' });

export type ProblemDetails = z.infer<typeof problemSchema>;

const TITLES: Record<number, string> = {
  400: 'Bad Request',
  404: 'Not Found',
  405: 'Method Not Allowed',
  409: 'Conflict',
  413: 'Content Too Large',
  416: 'Range Not Satisfiable',
  422: 'Unprocessable Content',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
};

const STATUS: Partial<Record<SluiceErrorCode, number>> = {
  InvalidPipeline: 422,
  InvalidParams: 422,
  BadInput: 422,
  InvalidRequest: 400,
  Conflict: 409,
  NotFound: 404,
  BatchUnavailable: 503,
  StorageUnavailable: 503,
};

/** An answer that tells what went wrong. */
export function problem(
  status: number,
  code: string,
  detail: string,
  errors?: Problem[],
): Response {
  const body: ProblemDetails = {
    type: 'about:blank',
    title: TITLES[status] ?? 'Error',
    status,
    detail,
    code,
    ...(errors ? { errors } : {}),
  };
  const headers = { 'content-type': 'application/problem+json' };
  return new Response(JSON.stringify(body), { status, headers });
}

/** The answer to anything thrown; what we did not foresee is a 500 that keeps its details to the log. */
export function problemOf(error: unknown): Response {
  if (!(error instanceof SluiceError)) {
    return problem(
      500,
      'Unexpected',
      'Something failed that Sluice did not foresee; the log of the app has it.',
    );
  }
  return problem(STATUS[error.code] ?? 500, error.code, error.message);
}
