import { z } from 'zod';
import { failureGroupSchema } from './manifest-schema.ts';
import { PHASES, type Progress, RUN_STATUSES, type RunRecord } from './run.ts';

const count = z.number().int().min(0);
const time = z.iso.datetime();

const waiting = z.strictObject({
  for: z.literal('WaitingForCapacity'),
  have: count.describe('Nodes that it has.'),
  need: count.describe('Nodes that it needs.'),
  message: z.string().describe('Why, and what to do.'),
  since: time,
});

const trigger = z.strictObject({
  kind: z.enum(['drop', 'http', 'schedule']),
  scheduledFor: time.optional().describe('The time that a schedule named; it may start later.'),
});

/** A run as `GET /api/runs/{id}` shows it. Times are ISO 8601. */
export const runViewSchema = z
  .strictObject({
    id: z.string(),
    pipeline: z.string(),
    status: z.enum(RUN_STATUSES),
    phase: z.enum(PHASES).describe('`done` once its pool and its job are gone.'),
    trigger,
    startedAt: time,
    endedAt: time.nullable(),
    waiting: waiting.nullable().describe('What it waits for.'),
    fault: z
      .strictObject({ code: z.string(), message: z.string(), at: time })
      .nullable()
      .describe('What keeps it from going on, and when that was last tried; it is tried again.'),
    error: z
      .strictObject({ code: z.string(), message: z.string() })
      .nullable()
      .describe('Why it broke off.'),
    generation: count.min(1).describe('1, and one more with each redrive.'),
    cancel: z
      .strictObject({ at: time, reason: z.string() })
      .nullable()
      .describe('When and why it was asked to stop; null when it was not.'),
    failures: z
      .array(failureGroupSchema)
      .describe('The failures of a run that has ended, the largest group first.'),
    counts: z
      .strictObject({
        items: count.nullable(),
        waiting: count.nullable(),
        running: count.nullable(),
        succeeded: count.nullable(),
        failed: count.nullable(),
        tasks: z.strictObject({ active: count, running: count, completed: count }),
      })
      .describe('Tasks at every look; items as far as they are listed, null until they are known.'),
  })
  .meta({ id: 'Run', description: 'One run. Times are ISO 8601.' });

export type RunView = z.infer<typeof runViewSchema>;

/** A run as people see it, from its record and what is known of its progress. */
export function runView(record: RunRecord, progress: Progress | null): RunView {
  return {
    id: record.id,
    pipeline: record.pipeline,
    status: record.status,
    phase: progress?.phase ?? 'plan',
    trigger: record.trigger,
    startedAt: record.startedAt,
    endedAt: record.endedAt,
    waiting: progress?.waiting ?? null,
    fault: (progress?.phase !== 'done' && progress?.fault) || null,
    error: record.error,
    generation: record.generation,
    cancel: record.cancel,
    failures: progress?.failures ?? [],
    counts: counts(progress),
  };
}

/** Items are null until the plan knows how many there are. */
function counts(progress: Progress | null): RunView['counts'] {
  const unknown = { items: null, waiting: null, running: null, succeeded: null, failed: null };
  const { active = 0, running = 0, completed = 0 } = progress?.tasks ?? {};
  return { ...(progress?.items ?? unknown), tasks: { active, running, completed } };
}
