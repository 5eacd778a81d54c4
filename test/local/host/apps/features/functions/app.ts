import * as df from 'durable-functions';
import { orchestrators } from './orchestrators.ts';

const attempts = new Map<string, number>();

for (const [name, orchestrator] of Object.entries(orchestrators)) {
  df.app.orchestration(name, orchestrator as df.OrchestrationHandler);
}
df.app.activity('join', { handler: (parts: unknown[]) => JSON.stringify(parts) });
df.app.activity('nothing', { handler: () => undefined });
df.app.activity('square', { handler: (n: number) => n * n });
df.app.activity('refuses', {
  handler: (what: string) => {
    throw new Error(`refuses ${what}`);
  },
});
df.app.activity('failsTwice', {
  handler: (key: string) => {
    const attempt = (attempts.get(key) ?? 0) + 1;
    attempts.set(key, attempt);
    if (attempt < 3) throw new Error(`attempt ${attempt}`);
    return attempt;
  },
});
df.app.entity('tally', (context: df.EntityContext<number>) => {
  const value = context.df.getState(() => 0) ?? 0;
  if (context.df.operationName === 'get') return context.df.return(value);
  context.df.setState(value + context.df.getInput<number>()!);
});
