/** Where the durable API of one host is, and the names its URLs carry. */
export interface ClientBinding {
  /** `host:port` as WEBSITE_HOSTNAME has it. */
  hostname: string;
  hubName: string;
  /** The key that opens the API. */
  code: string;
  /** The path at which the API needs no key, for the SDK's own calls. */
  rpcPath: string;
}

/** The path under which the durable API is served. */
export const durablePath = '/runtime/webhooks/durabletask';

/** The value of a durableClient input, in the field order of the Durable extension 3.14. */
export function clientBinding(binding: ClientBinding): string {
  const { hostname, hubName, code, rpcPath } = binding;
  const key = `code=${code}`;
  const base = `http://${hostname}${durablePath}`;
  const orchestrators = `${base}/orchestrators/{functionName}[/{instanceId}]`;
  return JSON.stringify({
    taskHubName: hubName,
    connectionName: null,
    creationUrls: {
      createNewInstancePostUri: `${orchestrators}?${key}`,
      createAndWaitOnNewInstancePostUri: `${orchestrators}?timeout={timeoutInSeconds}&pollingInterval={intervalInSeconds}&${key}`,
    },
    managementUrls: managementUrls(base, 'INSTANCEID', binding),
    baseUrl: base,
    requiredQueryStringParameters: key,
    rpcBaseUrl: `http://${hostname.replace(/^localhost:/, '127.0.0.1:')}${rpcPath}/`,
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
export function managementUrls(
  base: string,
  instanceId: string,
  { hubName, code }: Pick<ClientBinding, 'hubName' | 'code'>,
): ManagementUrls {
  const instance = `${base}/instances/${instanceId}`;
  const query = `taskHub=${hubName}&connection=Storage&code=${code}`;
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
