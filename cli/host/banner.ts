import type { FunctionSummary } from '../../local/host/http/admin.ts';
import type { Span } from '../terminal/spans.ts';
import { printable, shownPath } from '../terminal/text.ts';

export interface HostFacts {
  version: string;
  appDirectory: string;
  dataDirectory: string;
  url: string;
  functions: readonly FunctionSummary[];
  /** Whether requests need keys. */
  auth: boolean;
  watch: boolean;
  /** Milliseconds until everything was ready. */
  readyMs: number;
}

/** Triggers that nobody calls from outside; their functions are named together. */
const INNER: Record<string, string> = {
  orchestrationTrigger: 'orchestrations',
  activityTrigger: 'activities',
  entityTrigger: 'entities',
};

/** What `host` says when the app is served: what there is and how to reach it. */
export function hostLines(facts: HostFacts): Span[][] {
  const { url, functions, version, appDirectory, readyMs } = facts;
  const inner = innerRows(functions);
  return [
    [
      { text: `Sluice ${version}`, style: 'bold' },
      { text: ` serves ${shownPath(appDirectory)} at ${url}` },
      { text: `  (ready in ${(readyMs / 1000).toFixed(1)} s)`, style: 'dim' },
    ],
    [],
    [{ text: 'Functions', style: 'bold' }],
    ...rows([...functions.filter(({ type }) => !INNER[type]).map(outerRow(url)), ...inner]),
    [],
    ...rows([
      ...(inner.length > 0 ? [['Durable API', `${url}/runtime/webhooks/durabletask`]] : []),
      ['Data', `${shownPath(facts.dataDirectory)} (kept)`],
      ...(facts.auth ? [['Keys', `in ${shownPath(`${facts.dataDirectory}/keys.json`)}`]] : []),
    ]),
    [],
    [
      {
        text: `${facts.watch ? 'Changed files are loaded anew. ' : ''}Ctrl-C ends it.`,
        style: 'dim',
      },
    ],
  ];
}

function outerRow(url: string): (entry: FunctionSummary) => string[] {
  return ({ name, type, route, methods, schedule, next }) => {
    if (type === 'httpTrigger') return [name, `${methods?.join(',')}  ${url}${route}`];
    if (type === 'timerTrigger') return [name, `timer  ${schedule}${nextRun(next)}`];
    return [name, `Event Grid  ${url}/runtime/webhooks/eventgrid?functionName=${name}`];
  };
}

/** In local time, as timers are read. */
function nextRun(next: string | undefined): string {
  return next ? `  (next at ${new Date(next).toLocaleString('sv-SE')})` : '';
}

function innerRows(functions: readonly FunctionSummary[]): string[][] {
  return Object.entries(INNER).flatMap(([type, title]) => {
    const names = functions.filter((entry) => entry.type === type).map(({ name }) => name);
    return names.length > 0 ? [[title, names.join(', ')]] : [];
  });
}

function rows(pairs: string[][]): Span[][] {
  const width = Math.max(...pairs.map(([name = '']) => name.length));
  return pairs.map(([name = '', value = '']) => [
    { text: `  ${printable(name).padEnd(width)}  `, style: 'dim' },
    { text: printable(value) },
  ]);
}
