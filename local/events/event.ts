/** An event in Event Grid's own schema (not CloudEvents). */
export interface EventGridEvent {
  topic: string;
  subject: string;
  eventType: string;
  /** ISO 8601, UTC. */
  eventTime: string;
  id: string;
  data: Record<string, unknown>;
  dataVersion: string;
  metadataVersion: string;
}
