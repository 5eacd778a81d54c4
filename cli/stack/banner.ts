import type { StackUrls } from '../../local/stack/parts.ts';
import type { Span } from '../terminal/spans.ts';
import { printable, shownPath } from '../terminal/text.ts';

/** One function of the app as the host's GET /admin/functions lists it. */
export interface FunctionSummary {
  name: string;
  type: string;
  route?: string;
  schedule?: string;
}

export interface BannerFacts {
  version: string;
  /** How a person types our name. */
  command: string;
  urls: StackUrls;
  dataDir: string;
  /** The data folder that commands take when they are given none. */
  defaultDataDir: string;
  functions: readonly FunctionSummary[];
  /** Milliseconds until everything was ready. */
  readyMs: number;
}

const TRIGGERS: Record<string, string> = {
  httpTrigger: 'HTTP',
  eventGridTrigger: 'Event Grid',
  timerTrigger: 'timer',
};
/** Triggers that nobody calls from outside; their functions are named together. */
const INNER: Record<string, string> = {
  orchestrationTrigger: 'orchestrations',
  activityTrigger: 'activities',
};

/** What `dev` says when everything runs: where things are, what listens, and what to type next. */
export function bannerLines(facts: BannerFacts): Span[][] {
  const { urls, dataDir, version, readyMs } = facts;
  const seconds = (readyMs / 1000).toFixed(1);
  return [
    [{ text: `Sluice ${version}`, style: 'bold' }, { text: ` is ready in ${seconds} s` }],
    [],
    row('API', urls.api),
    row('Blob', urls.blob),
    row('Batch', urls.batch),
    row('Event Grid', urls.eventGrid),
    row('Data', `${shownPath(dataDir)} (kept; logs in ${shownPath(`${dataDir}/logs`)})`),
    [],
    [{ text: 'Functions', style: 'bold' }],
    ...functionLines(facts.functions, urls.host),
    [],
    [{ text: 'Next, in another terminal', style: 'bold' }],
    ...nextCommands(facts).map((command) => [{ text: `  ${command}`, style: 'cyan' as const }]),
    [],
    [{ text: 'Ctrl-C stops everything.', style: 'dim' }],
  ];
}

function functionLines(functions: readonly FunctionSummary[], host: string): Span[][] {
  const outer = functions.filter(({ type }) => INNER[type] === undefined);
  const named = (type: string) =>
    functions.filter((each) => each.type === type).map(({ name }) => name);
  return [
    ...outer.map((each) =>
      row(each.name, `${triggerName(each)}  ${whereTo(each, host)}`.trimEnd()),
    ),
    ...Object.entries(INNER)
      .filter(([type]) => named(type).length > 0)
      .map(([type, title]) => row(title, named(type).join(', '))),
  ];
}

function triggerName({ type }: FunctionSummary): string {
  return (TRIGGERS[type] ?? type).padEnd(10);
}

function whereTo({ route, schedule, type }: FunctionSummary, host: string): string {
  if (route !== undefined) return host + route;
  if (schedule !== undefined) return schedule;
  return type === 'eventGridTrigger' ? 'committed uploads' : '';
}

function nextCommands({ command, dataDir, defaultDataDir }: BannerFacts): string[] {
  const option = dataDir === defaultDataDir ? '' : ` --data-dir ${shownPath(dataDir)}`;
  return [
    `${command} init hello`,
    `${command} apply${option} hello/pipeline.yaml`,
    `${command} drop${option} hello hello/sample`,
    `${command} watch${option}`,
  ];
}

function row(name: string, value: string): Span[] {
  return [{ text: `  ${printable(name).padEnd(15)}`, style: 'dim' }, { text: printable(value) }];
}
