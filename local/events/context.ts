import type { Clock } from './clock.ts';
import type { Post } from './post.ts';
import type { DeliveryQueue } from './queue.ts';

/** What delivering needs from around it. */
export interface DeliveryContext {
  queue: DeliveryQueue;
  clock: Clock;
  post: Post;
  log: (line: string) => void;
}
