import { type Signer, signer } from '../azure/sas.ts';
import { workContainer } from '../azure/storage.ts';
import { addTasks, TASKS_PER_REQUEST } from '../azure/tasks.ts';
import { SluiceError } from '../errors.ts';
import { CONTROL_CONTAINER, WORK_CONTAINER } from '../plan/pipeline-schema.ts';
import type { PlannedTask } from '../plan/plan.ts';
import { itemTask, type TaskSpec, type TaskUrls, withSurroundings } from '../plan/task-spec.ts';
import { eachLimited } from '../store/concurrency.ts';
import { runPipeline } from '../store/plans.ts';
import { getOwnRun, readRunLines, setProgress } from '../store/runs.ts';
import type { Activities } from './contract.ts';
import { resolveSecrets, unsaid } from './secrets.ts';

/** Requests in flight; Batch advises to stay well below a hundred. */
const IN_FLIGHT = 8;
/** Milliseconds between two looks whether the run was cancelled or taken over. */
const LOOK_MS = 2000;
/** Times that a task which Batch failed to take is offered again. */
const OFFERS = 5;

/** Adds the tasks of one slab; those that are there already stay as they are. */
export async function submit({
  run,
  epoch,
  job,
  slab,
}: Activities['submit']['input']): Promise<null> {
  await getOwnRun({ run, epoch });
  await setProgress({ run, epoch }, { phase: 'submit' });
  // Tasks may write there, but not make it.
  await workContainer();
  const { pipeline } = await runPipeline(run);
  const planned = await readRunLines<PlannedTask>(run, slab.blob);
  const urls = taskUrls(run, await signer(new Date()));
  const secrets = resolveSecrets(pipeline.tasks.secrets);
  let looked = Date.now();
  await eachLimited(chunks(planned, TASKS_PER_REQUEST), IN_FLIGHT, async (chunk) => {
    if (Date.now() - looked > LOOK_MS) {
      looked = Date.now();
      await getOwnRun({ run, epoch });
    }
    const tasks = chunk.map((task) =>
      withSurroundings(itemTask(pipeline, run, task, urls), pipeline.tasks, secrets),
    );
    await unsaid(secrets, () => offer(job, tasks));
  });
  return null;
}

/** Offers tasks until Batch has taken them all. Throws `BatchUnavailable` when it does not. */
export async function offer(job: string, tasks: TaskSpec[]): Promise<void> {
  let left = tasks;
  for (let attempt = 1; left.length > 0; attempt++) {
    if (attempt > OFFERS) {
      throw new SluiceError(
        'BatchUnavailable',
        `Job ${job} did not take ${left.length} tasks in ${OFFERS} offers.`,
      );
    }
    left = await addTasks(job, left);
  }
}

function taskUrls(run: string, sign: Signer): TaskUrls {
  return {
    script: sign.readBlob(CONTROL_CONTAINER, `runs/${run}/task.sh`),
    work: sign.writeContainer(WORK_CONTAINER),
    input: ({ container, name }) => sign.readBlob(container, name),
  };
}

function* chunks<T>(values: T[], size: number): Generator<T[]> {
  for (let start = 0; start < values.length; start += size) yield values.slice(start, start + size);
}
