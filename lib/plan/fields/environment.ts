import { z } from 'zod';
import { taskScript } from '../task-script.ts';

/** What the task script sets itself, whatever is asked for: these would be lost, or would lead it astray. */
const OF_SCRIPT: ReadonlySet<string> = new Set([
  ...variablesOf(taskScript({ command: '', outputs: [], timeout: 1, shell: 'bash' })),
  'INPUT',
  'INPUT_DIR',
  'INPUT_LIST',
  'OUTPUT_DIR',
  'NAME',
  'STEM',
  'ITEM',
  'LINE',
]);

/** Why a variable may not be set by a pipeline; null when it may. */
export function reservedFor(name: string): string | null {
  if (!/^[A-Za-z_][A-Za-z0-9_]{0,127}$/.test(name)) {
    return 'a name of letters, digits and underscores that begins with no digit';
  }
  if (name === 'PATH') {
    return "a name other than PATH, which is the node's; extend it in the command";
  }
  const [prefix] = /^(AZ_BATCH|PARAM|SLUICE)_/i.exec(name) ?? [];
  if (prefix) return `a name that does not begin with ${prefix}, which Batch and Sluice set`;
  return OF_SCRIPT.has(name) ? `a name other than ${name}, which Sluice sets for each item` : null;
}

/** Settings that are the app's own: a pipeline that could read them could read everything. */
const OF_APP =
  /^(SLUICE_|AzureWebJobs|AZURE_|WEBSITE_|FUNCTIONS_|IDENTITY_|MSI_|APPSETTING_|APPLICATIONINSIGHTS_|APPINSIGHTS_|DOCKER_|SCM_|NODE_)/i;

const settingName = z
  .string({ error: "the name of one of the app's settings, such as API_TOKEN" })
  .regex(/^[A-Za-z_][A-Za-z0-9_]{0,127}$/, {
    error: "the name of one of the app's settings, such as API_TOKEN; never the secret itself",
  })
  .refine((name) => !OF_APP.test(name), {
    error: "the name of a setting made for pipelines, not one of the app's own",
  });

const value = z
  .union([z.string().max(8192), z.number(), z.boolean()], {
    error: 'text of at most 8,192 characters, a number, true or false',
  })
  .refine((given) => !String(given).includes('\0'), { error: 'text without NUL characters' })
  .transform(String);

/** `tasks.environment`: variables of the command; numbers and booleans become text. */
export const environment = named(z.record(z.string(), value))
  .meta({ examples: [{ OMP_THREAD_LIMIT: 1 }] })
  .describe(
    'Environment variables of the command, and of the merge. Numbers and booleans become text.',
  );

/** `tasks.secrets`: variables of the command, each from the app's setting of a name. */
export const secrets = named(z.record(z.string(), settingName))
  .meta({ examples: [{ TOKEN: 'API_TOKEN' }] })
  .describe(
    'Environment variables whose values are settings of the app (on Azure they may be Key Vault references): the name of the variable, and the name of the setting. The values reach the tasks and nothing else: no plan, log, manifest or message has them.',
  );

/** Refuses a variable that is both an environment variable and a secret. */
export function onlyOnce(
  tasks: { environment?: object | undefined; secrets?: object | undefined },
  ctx: z.RefinementCtx,
): void {
  for (const name of Object.keys(tasks.secrets ?? {})) {
    if (!Object.hasOwn(tasks.environment ?? {}, name)) continue;
    const message = `a name that is not in 'environment' too`;
    ctx.addIssue({ code: 'custom', path: ['secrets', name], message });
  }
}

/** Whose keys are variables that a pipeline may set; at most a hundred. */
function named<T extends z.ZodRecord>(record: T) {
  return record.superRefine((given, ctx) => {
    for (const name of Object.keys(given)) {
      const message = reservedFor(name);
      if (message) ctx.addIssue({ code: 'custom', path: [name], message });
    }
    if (Object.keys(given).length > 100) {
      ctx.addIssue({ code: 'custom', message: 'at most 100 variables' });
    }
  });
}

/** Every name that a shell script gives a value. */
function variablesOf(script: string): Set<string> {
  const names = new Set<string>();
  for (const [, name = ''] of script.matchAll(/\b([A-Za-z_]\w*)=/g)) names.add(name);
  for (const [, name = ''] of script.matchAll(/\bfor ([A-Za-z_]\w*)/g)) names.add(name);
  for (const [, words = ''] of script.matchAll(/\bread (?:-r )?([\w ]+?)(?: <|;|$)/gm)) {
    for (const name of words.split(' ')) names.add(name);
  }
  return names;
}
