import { z } from 'zod';

/** One operation of the HTTP API, as the OpenAPI document and docs/http-api.md have it. */
export interface Operation {
  method: 'get' | 'put' | 'post' | 'delete';
  /** Below `/api`, such as `/runs/{id}`. */
  path: string;
  /** Unique, in camel case. */
  id: string;
  tag: 'Service' | 'Pipelines' | 'Runs' | 'Drops' | 'Upkeep';
  summary: string;
  description?: string;
  query?: z.ZodObject;
  headers?: z.ZodObject;
  body?: { schema: z.ZodType; contentType: string; required: boolean; example: unknown };
  /** What it answers when all is well, by status. */
  answers: Record<number, Answer>;
  /** Statuses of the problems that it may answer with, besides 500 and 503. */
  problems: number[];
}

interface Answer {
  description: string;
  contentType?: string;
  schema?: z.ZodType;
  headers?: Record<string, string>;
}

const next = z
  .string()
  .nullable()
  .describe('The link to the next page, relative to the host; null on the last one.');

/** A page of a listing, and the link to the next. */
export const pageOf = (value: z.ZodType) => z.strictObject({ value: z.array(value), next });

/** A listing in one piece. */
export const listOf = (value: z.ZodType) => z.strictObject({ value: z.array(value) });

/** A JSON answer. */
export const json = (description: string, schema: z.ZodType): Answer => ({ description, schema });

export const count = z.number().int().min(0);
export const time = z.iso.datetime();
