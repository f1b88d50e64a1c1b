// Connected clusters: RegisterCluster and DeregisterCluster (spec eks-control-plane §18.1).
import type { Cluster } from "@aws-sdk/client-eks";
import { uuid } from "../../aws/ids.ts";
import type { Operations, Sdk } from "../../aws/operation.ts";
import { randomString } from "../../base/random.ts";
import { clusterArn, clusterKey } from "./arn.ts";
import { checkClusterName, checkTags } from "./checks.ts";
import { resourceTags, tagConditions } from "./cluster-conditions.ts";
import type { EksDeps } from "./deps.ts";
import { clientError, invalidParameter, limitExceeded, noCluster, resourceInUse } from "./errors.ts";
import { ownRole, passRole, serviceLinkedRequirement, tagOnCreate } from "./service-roles.ts";
import { earlierResult, rememberResult } from "./tokens.ts";
import { trustsService } from "./trust.ts";
import type { ConnectedClusterRecord } from "./unmanaged-records.ts";

const SERVICE = "ssm.amazonaws.com";
const THREE_DAYS = 3 * 24 * 3600 * 1000;
const CODE_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/** The API's shape of a connected cluster. */
export function connectedView(record: ConnectedClusterRecord): Cluster {
  const { activationId, activationCode, provider, roleArn } = record;
  return {
    name: record.name,
    arn: record.arn,
    createdAt: new Date(record.createdAt),
    status: "PENDING",
    tags: { ...record.tags },
    connectorConfig: { activationId, activationCode, activationExpiry: new Date(record.activationExpiry), provider, roleArn },
  };
}

export const connectedClusters = {
  RegisterCluster: {
    resource: ({ name }, call) => clusterArn(call, name ?? ""),
    conditions: ({ tags }) => tagConditions(tags),
    requires: (input, call, { directory }) => [
      ...passRole(input.connectorConfig?.roleArn, SERVICE),
      { action: "ssm:CreateActivation", resources: ["*"] },
      { action: "ssm:DeleteActivation", resources: ["*"] },
      ...serviceLinkedRequirement(directory, call, "connector"),
      ...tagOnCreate(input.tags, clusterArn(call, input.name ?? "")),
    ],
    run(input, call, { state, clock, random, directory, limits }) {
      const name = checkClusterName(input.name);
      const tags = checkTags(input.tags, { clusterName: name });
      const key = clusterKey(call, name);
      const use = { clusterKey: key, operation: "RegisterCluster", token: input.clientRequestToken, input, now: clock.now() };
      const known = earlierResult(state, use) === undefined ? undefined : state.connectedClusters.get(key);
      if (known) return { cluster: connectedView(known) };
      if (state.clusters.has(key) || state.connectedClusters.has(key)) {
        throw resourceInUse(`Cluster already exists with name: ${name}`, { clusterName: name });
      }
      if (state.connectedClusters.count(`${call.account}/${call.region}/`) >= limits.registeredClusters) {
        throw limitExceeded("Registered cluster limit exceeded for account.", { clusterName: name });
      }
      const { provider = "", roleArn = "" } = input.connectorConfig ?? {};
      const role = ownRole(directory, call, roleArn);
      if (!role || !trustsService(role.trust, SERVICE, ["sts:AssumeRole"])) {
        throw invalidParameter(
          `Role with arn: ${roleArn}, could not be assumed because it does not exist or the trusted entity is not correct`,
          { clusterName: name },
        );
      }
      directory.ensureServiceLinkedRole(call.account, "eks-connector.amazonaws.com");
      const record: ConnectedClusterRecord = {
        ...{ name, tags, provider, roleArn },
        arn: clusterArn(call, name),
        createdAt: clock.now(),
        activationId: uuid(random),
        activationCode: randomString(random, CODE_LETTERS, 20),
        activationExpiry: clock.now() + THREE_DAYS,
      };
      state.store.transact(() => {
        state.connectedClusters.put(key, record);
        rememberResult(state, use, name);
      });
      return { cluster: connectedView(record) };
    },
  },

  DeregisterCluster: {
    resource: ({ name }, call) => clusterArn(call, name ?? ""),
    conditions: ({ name }, call, { state }) => resourceTags(state.connectedClusters.get(clusterKey(call, name ?? ""))?.tags),
    run({ name = "" }, call, { state }) {
      const key = clusterKey(call, name);
      const record = state.connectedClusters.get(key);
      if (!record && state.clusters.has(key)) {
        throw clientError(`Cluster ${name} is not a connected cluster and cannot be deregistered`, { clusterName: name });
      }
      if (!record) throw noCluster(name);
      state.store.transact(() => {
        state.connectedClusters.delete(key);
        for (const [token] of state.tokens.entries(`${key}/`)) state.tokens.delete(token);
      });
      return { cluster: connectedView(record) };
    },
  },
} satisfies Operations<Sdk["eks"], EksDeps>;
