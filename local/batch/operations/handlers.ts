import type { Account } from '../account.ts';
import { StorageError } from '../store/failure.ts';
import type { Call, Reply } from '../wire/call.ts';
import { BatchError } from '../wire/errors.ts';
import type { Handler } from '../wire/server.ts';
import { nodePlace, taskPlace } from '../files/place.ts';
import { addTask, addTasks } from './add-tasks.ts';
import * as autoscale from './autoscale.ts';
import { listJobNodes } from './job-nodes.ts';
import * as schedules from './job-schedules.ts';
import { getApplication, listApplications } from './applications.ts';
import * as files from './files.ts';
import * as jobs from './jobs.ts';
import { listTasks } from './list-tasks.ts';
import { disableNode, enableNode } from './node-scheduling.ts';
import * as nodes from './nodes.ts';
import * as pools from './pools.ts';
import * as restarts from './restart-nodes.ts';
import { listSupportedImages } from './supported-images.ts';
import * as tasks from './tasks.ts';

/** The operations that are emulated, by name; every other is refused by its name. What one changed is committed before it is answered. */
export function createHandlers(account: Account): Map<string, Handler> {
  return new Map(
    Object.entries(operations).map(([name, operation]) => [
      name,
      (call) => {
        try {
          const reply = operation(account, call);
          account.db.commit();
          return reply;
        } catch (error) {
          if (!(error instanceof StorageError)) throw error;
          throw new BatchError('ServerBusy', { message: error.message });
        }
      },
    ]),
  );
}

type Operation = (account: Account, call: Call) => Reply | Promise<Reply>;

/** The operations without the commit that ends each. */
export const operations: Record<string, Operation> = {
  Account_ListPoolNodeCounts: nodes.listNodeCounts,
  Account_ListSupportedImages: listSupportedImages,
  Application_Get: getApplication,
  Application_List: listApplications,
  ComputeNode_DisableScheduling: disableNode,
  ComputeNode_EnableScheduling: enableNode,
  ComputeNode_Get: nodes.getNode,
  ComputeNode_List: nodes.listNodes,
  ComputeNode_Reboot: restarts.reboot,
  ComputeNode_Reimage: restarts.reimage,
  JobSchedule_Add: schedules.addJobSchedule,
  JobSchedule_Delete: schedules.removeJobSchedule,
  JobSchedule_Disable: schedules.disableJobSchedule,
  JobSchedule_Enable: schedules.enableJobSchedule,
  JobSchedule_Exists: schedules.jobScheduleExists,
  JobSchedule_Get: schedules.getJobSchedule,
  JobSchedule_List: schedules.listJobSchedules,
  JobSchedule_Patch: schedules.patchJobSchedule,
  JobSchedule_Terminate: schedules.terminateJobSchedule,
  JobSchedule_Update: schedules.updateJobSchedule,
  File_DeleteFromComputeNode: files.deleteFile(nodePlace),
  File_DeleteFromTask: files.deleteFile(taskPlace),
  File_GetFromComputeNode: files.getFile(nodePlace),
  File_GetFromTask: files.getFile(taskPlace),
  File_GetPropertiesFromComputeNode: files.getFileProperties(nodePlace),
  File_GetPropertiesFromTask: files.getFileProperties(taskPlace),
  File_ListFromComputeNode: files.listFiles(nodePlace),
  File_ListFromTask: files.listFiles(taskPlace),
  Job_Add: jobs.addJob,
  Job_Delete: jobs.removeJob,
  Job_Disable: jobs.disable,
  Job_Enable: jobs.enable,
  Job_Get: jobs.getJob,
  Job_GetTaskCounts: jobs.getTaskCounts,
  Job_List: jobs.listJobs,
  Job_ListFromJobSchedule: schedules.listJobsOfSchedule,
  Job_ListPreparationAndReleaseTaskStatus: listJobNodes,
  Job_Patch: jobs.patchJob,
  Job_Terminate: jobs.terminate,
  Job_Update: jobs.updateJob,
  Pool_Add: pools.addPool,
  Pool_Delete: pools.removePool,
  Pool_DisableAutoScale: autoscale.disableAutoScale,
  Pool_EnableAutoScale: autoscale.enableAutoScale,
  Pool_EvaluateAutoScale: autoscale.evaluateAutoScale,
  Pool_Exists: pools.poolExists,
  Pool_Get: pools.getPool,
  Pool_List: pools.listPools,
  Pool_Patch: pools.patchPool,
  Pool_RemoveNodes: pools.removePoolNodes,
  Pool_Resize: pools.resize,
  Pool_StopResize: pools.stopResizing,
  Pool_UpdateProperties: pools.updatePool,
  Task_Add: addTask,
  Task_AddCollection: addTasks,
  Task_Delete: tasks.deleteTask,
  Task_Get: tasks.getTask,
  Task_List: listTasks,
  Task_ListSubtasks: tasks.listSubtasks,
  Task_Reactivate: tasks.reactivateTask,
  Task_Terminate: tasks.terminateTask,
  Task_Update: tasks.updateTask,
};
