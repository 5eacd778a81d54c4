/** Where the durable API of one host is, and the names its URLs carry. */
export interface ClientBinding {
  /** `host:port` as WEBSITE_HOSTNAME has it. */
  hostname: string;
  hubName: string;
}

/** The path under which the durable API is served. */
export const durablePath = '/runtime/webhooks/durabletask';

const key = 'code=local';

/** The value of a durableClient input, in the field order of the Durable extension 3.14. */
export function clientBinding({ hostname, hubName }: ClientBinding): string {
  const base = `http://${hostname}${durablePath}`;
  const orchestrators = `${base}/orchestrators/{functionName}[/{instanceId}]`;
  return JSON.stringify({
    taskHubName: hubName,
    connectionName: null,
    creationUrls: {
      createNewInstancePostUri: `${orchestrators}?${key}`,
      createAndWaitOnNewInstancePostUri: `${orchestrators}?timeout={timeoutInSeconds}&pollingInterval={intervalInSeconds}&${key}`,
    },
    managementUrls: managementUrls(base, 'INSTANCEID', hubName),
    baseUrl: base,
    requiredQueryStringParameters: key,
    // The calls of the SDK go here with the same paths, so one handler serves both.
    rpcBaseUrl: `http://${hostname.replace(/^localhost:/, '127.0.0.1:')}${durablePath}/`,
    httpBaseUrl: null,
    maxGrpcMessageSizeInBytes: null,
    grpcHttpClientTimeout: null,
  });
}

/** The links of one instance, by the names the extension gives them. */
export interface ManagementUrls {
  id: string;
  statusQueryGetUri: string;
  sendEventPostUri: string;
  terminatePostUri: string;
  rewindPostUri: string;
  purgeHistoryDeleteUri: string;
  restartPostUri: string;
  suspendPostUri: string;
  resumePostUri: string;
}

/** The links of an instance; `base` is the API's URL without a slash at its end. */
export function managementUrls(base: string, instanceId: string, hubName: string): ManagementUrls {
  const instance = `${base}/instances/${instanceId}`;
  const query = `taskHub=${hubName}&connection=Storage&${key}`;
  return {
    id: instanceId,
    statusQueryGetUri: `${instance}?${query}`,
    sendEventPostUri: `${instance}/raiseEvent/{eventName}?${query}`,
    terminatePostUri: `${instance}/terminate?reason={text}&${query}`,
    rewindPostUri: `${instance}/rewind?reason={text}&${query}`,
    purgeHistoryDeleteUri: `${instance}?${query}`,
    restartPostUri: `${instance}/restart?${query}`,
    suspendPostUri: `${instance}/suspend?reason={text}&${query}`,
    resumePostUri: `${instance}/resume?reason={text}&${query}`,
  };
}
