import { hostVersion } from '../app/core-module.ts';
import type { Registry } from '../app/registry.ts';
import { sendJson } from './exchange.ts';
import type { Handler } from './server.ts';
import { methodsOf, routeOf } from './trigger.ts';

/** One function of the app, as the ready line and `/admin/functions` list it. */
export interface FunctionSummary {
  name: string;
  type: string;
  route?: string;
  methods?: string[];
  schedule?: string;
}

/** Lists what an app has registered. */
export function summarize(registry: Registry, prefix: string): FunctionSummary[] {
  return [...registry.functions.values()].map((entry) => ({
    name: entry.name,
    type: entry.type,
    ...(entry.type === 'httpTrigger' && {
      route: `/${prefix}/${routeOf(entry)}`.replace(/\/{2,}/g, '/'),
      methods: methodsOf(entry),
    }),
    ...(entry.type === 'timerTrigger' && { schedule: String(entry.trigger['schedule']) }),
  }));
}

/** Serves `GET /admin/host/status` and `GET /admin/functions`. */
export function adminEndpoints(functions: FunctionSummary[]): Handler {
  return ({ request, response, path }) => {
    if (path[0] !== 'admin' || request.method !== 'GET') return false;
    const what = path.slice(1).join('/');
    if (what === 'host/status') sendJson(response, 200, status(functions));
    else if (what === 'functions') sendJson(response, 200, functions);
    else return false;
    return true;
  };
}

function status(functions: FunctionSummary[]): unknown {
  return {
    id: 'local',
    state: 'Running',
    version: `${hostVersion}.0`,
    versionDetails: hostVersion,
    processUptime: Math.round(process.uptime() * 1000),
    functions: functions.length,
  };
}
