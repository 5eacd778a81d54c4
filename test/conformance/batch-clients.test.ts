import { execFile, spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startBatch, until, type TestBatch } from '../local/batch/emulator.ts';

const run = promisify(execFile);
const python = '/usr/bin/python3';
const hasAz = spawnSync('az', ['version'], { stdio: 'ignore' }).status === 0;
const hasPython = spawnSync(python, ['-c', 'import azure.batch'], { stdio: 'ignore' }).status === 0;

let batch: TestBatch;
let home: string;

beforeAll(async () => {
  batch = await startBatch();
  home = await mkdtemp(join(tmpdir(), 'clients-'));
});

afterAll(async () => {
  await rm(home, { recursive: true, force: true });
  await batch.close();
});

/** Environment by which both clients find the emulator, and nothing of whoever runs the test. */
function environment(): NodeJS.ProcessEnv {
  const { url, account, key } = batch.emulator;
  return {
    PATH: process.env['PATH'],
    HOME: home,
    AZURE_CONFIG_DIR: home,
    AZURE_CORE_COLLECT_TELEMETRY: 'false',
    AZURE_BATCH_ACCOUNT: account,
    AZURE_BATCH_ENDPOINT: url,
    AZURE_BATCH_ACCESS_KEY: key,
  };
}

describe.skipIf(!hasAz)(
  `the command line az${hasAz ? '' : ' (skipped: it is not installed)'}`,
  () => {
    const az = async (line: string, ...more: string[]): Promise<unknown> => {
      const { stdout } = await run('az', ['batch', ...line.split(' '), ...more, '-o', 'json'], {
        env: environment(),
      });
      return stdout.trim() === '' ? undefined : JSON.parse(stdout);
    };

    test(
      'makes a pool, a job and a task, reads its file and deletes them',
      { timeout: 300_000 },
      async () => {
        await az(
          'pool create --id azpool --vm-size Standard_D2as_v5 --target-dedicated-nodes 1',
          '--image',
          'canonical:0001-com-ubuntu-server-jammy:22_04-lts',
          '--node-agent-sku-id',
          'batch.node.ubuntu 22.04',
        );
        await az('job create --id azjob --pool-id azpool');
        const command = `/bin/sh -c 'printenv AZ_BATCH_TASK_ID > who.txt'`;
        const added = await az(
          'task create --job-id azjob --task-id aztask --command-line',
          command,
        );
        expect(added).toMatchObject({ id: 'aztask', commandLine: command });
        await until(
          async () => (await batch.client.task.get('azjob', 'aztask')).state === 'completed',
        );
        const shown = await az('task show --job-id azjob --task-id aztask');
        expect(shown).toMatchObject({ state: 'completed', executionInfo: { exitCode: 0 } });
        const files = await az('task file list --job-id azjob --task-id aztask --recursive true');
        expect((files as { name: string }[]).map(({ name }) => name)).toContain('wd/who.txt');
        const target = join(home, 'who.txt');
        await az(
          `task file download --job-id azjob --task-id aztask --file-path wd/who.txt --destination ${target}`,
        );
        expect(await readFile(target, 'utf8')).toBe('aztask\n');
        await az('job delete --job-id azjob --yes');
        await az('pool delete --pool-id azpool --yes');
        await until(async () => (await batch.client.pool.list()).length === 0);
        await expect(az('pool show --pool-id azpool')).rejects.toMatchObject({
          stderr: expect.stringContaining('The specified pool does not exist.'),
        });
      },
    );
  },
);

describe.skipIf(!hasPython)(
  `the Python client${hasPython ? '' : ' (skipped: /usr/bin/python3 has no azure.batch)'}`,
  () => {
    test(
      'makes a pool, a job and tasks, reads files and deletes them',
      { timeout: 120_000 },
      async () => {
        const { stdout } = await run(python, ['-c', program], { env: environment() });
        expect(JSON.parse(stdout)).toEqual({
          added: ['success', 'success', 'clienterror'],
          completed: ['a', 'b'],
          files: ['stderr.txt', 'stdout.txt', 'wd'],
          stdout: 'hello from a\n',
          size: 13,
          error: 'PoolNotFound',
          exists: [true, false],
          odd: 'TaskNotFound',
        });
      },
    );
  },
);

const program = `
import json, os, time, uuid
from azure.batch import BatchServiceClient, models
from azure.batch.batch_auth import SharedKeyCredentials

e = os.environ
credentials = SharedKeyCredentials(e['AZURE_BATCH_ACCOUNT'], e['AZURE_BATCH_ACCESS_KEY'])
client = BatchServiceClient(credentials, batch_url=e['AZURE_BATCH_ENDPOINT'])
image = models.ImageReference(publisher='canonical', offer='0001-com-ubuntu-server-jammy', sku='22_04-lts')
machine = models.VirtualMachineConfiguration(image_reference=image, node_agent_sku_id='batch.node.ubuntu 22.04')
client.pool.add(models.PoolAddParameter(id='pypool', vm_size='standard_d2as_v5', target_dedicated_nodes=1,
                                        virtual_machine_configuration=machine))
client.job.add(models.JobAddParameter(id='pyjob', pool_info=models.PoolInformation(pool_id='pypool')))
task = lambda id: models.TaskAddParameter(id=id, command_line="/bin/sh -c 'echo hello from " + id + "'")
added = client.task.add_collection('pyjob', [task('a'), task('b')]).value
again = client.task.add_collection('pyjob', [task('a')]).value

def completed():
    options = models.TaskListOptions(filter="state eq 'completed'", select='id,state')
    return sorted(one.id for one in client.task.list('pyjob', options))

for _ in range(600):
    if len(completed()) == 2:
        break
    time.sleep(0.1)

def code(call):
    try:
        call()
    except models.BatchErrorException as error:
        return error.error.code

done = completed()
files = sorted(one.name for one in client.file.list_from_task('pyjob', 'a'))
stdout = b''.join(client.file.get_from_task('pyjob', 'a', 'stdout.txt')).decode()
head = client.file.get_properties_from_task('pyjob', 'a', 'stdout.txt', raw=True)
result = {
    'added': [str(one.status.value if hasattr(one.status, 'value') else one.status).lower() for one in added + again],
    'completed': done,
    'files': files,
    'stdout': stdout,
    'size': int(head.headers['Content-Length']),
    'error': code(lambda: client.pool.get('none')),
    'exists': [client.pool.exists('pypool'), client.pool.exists('none')],
    'odd': code(lambda: client.task.get('pyjob', "it's")),
}
client.job.delete('pyjob')
client.pool.delete('pypool')
print(json.dumps(result))
`;
