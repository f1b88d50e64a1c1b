// AssociateEncryptionConfig: a KMS key for the Secrets of a cluster that was made without one; for good (spec eks-control-plane §7.2).
import type { Operations, Sdk } from "../../aws/operation.ts";
import { childKey, clusterArn, clusterKey } from "./arn.ts";
import { requireCluster } from "./clusters.ts";
import type { EksDeps } from "./deps.ts";
import { checkEncryption, grantKey } from "./encryption.ts";
import { clusterNotActive, invalidParameter, invalidRequest } from "./errors.ts";
import type { ClusterRecord } from "./records.ts";
import { earlierResult, rememberResult } from "./tokens.ts";
import { checkIdle, params, startClusterUpdate, updateView } from "./updates.ts";

const TYPE = "AssociateEncryptionConfig";

export const associateEncryption = {
  AssociateEncryptionConfig: {
    resource: ({ clusterName }, call) => clusterArn(call, clusterName ?? ""),
    conditions: ({ encryptionConfig }) => ({
      "eks:encryptionConfigProviderKeyArns": (encryptionConfig ?? []).map((config) => config.provider?.keyArn ?? ""),
    }),
    async run(input, call, deps) {
      const { state, clock } = deps;
      const name = input.clusterName ?? "";
      const use = { clusterKey: clusterKey(call, name), operation: TYPE, token: input.clientRequestToken, input, now: clock.now() };
      const earlier = () => {
        const id = earlierResult(state, use);
        return id === undefined ? undefined : state.updates.get(childKey(call, name, id));
      };
      const known = earlier();
      if (known) return { update: updateView(known) };

      const { roleArn } = checkFree(requireCluster(state, call, name));
      const encryptionConfig = checkEncryption(input.encryptionConfig, call, name);
      if (!encryptionConfig) throw invalidParameter("encryptionConfig must not be empty", { clusterName: name });
      checkIdle(requireCluster(state, call, name), TYPE);
      const encryptionGrantId = await grantKey(encryptionConfig, roleArn, call, deps, name);
      // KMS was asked meanwhile; somebody else may have been faster.
      const taken = earlier();
      if (taken) return { update: updateView(taken) };
      checkFree(requireCluster(state, call, name));
      const change = { encryptionConfig, encryptionGrantId };
      const wanted = { type: TYPE, params: params({ EncryptionConfig: encryptionConfig }), change } as const;
      const update = startClusterUpdate(deps, call, name, wanted, ({ id }) => rememberResult(state, use, id));
      return { update: updateView(update) };
    },
  },
} satisfies Operations<Sdk["eks"], EksDeps>;

/** Throws InvalidRequestException unless the cluster is up and has no key yet. */
function checkFree(cluster: ClusterRecord): ClusterRecord {
  const { name, status } = cluster;
  if (status !== "ACTIVE" && status !== "UPDATING") throw clusterNotActive(name);
  if (!cluster.encryptionConfig) return cluster;
  throw invalidRequest(`Cluster ${name} already has an encryption configuration, which cannot be changed`, { clusterName: name });
}
