// AssociateEncryptionConfig: a KMS key for the Secrets of a cluster that was made without one; for good (spec eks-control-plane §7.2).
import type { Operations, Sdk } from "../../aws/operation.ts";
import { childKey, clusterArn, clusterKey } from "./arn.ts";
import { requireCluster } from "./clusters.ts";
import type { EksDeps } from "./deps.ts";
import { checkEncryption, keyRequirements } from "./encryption.ts";
import { clusterNotActive, invalidParameter, invalidRequest } from "./errors.ts";
import { earlierResult, rememberResult } from "./tokens.ts";
import { checkIdle, params, startClusterUpdate, updateView } from "./updates.ts";

const TYPE = "AssociateEncryptionConfig";

export const associateEncryption = {
  AssociateEncryptionConfig: {
    resource: ({ clusterName }, call) => clusterArn(call, clusterName ?? ""),
    conditions: ({ encryptionConfig }) => ({
      "eks:encryptionConfigProviderKeyArns": (encryptionConfig ?? []).map((config) => config.provider?.keyArn ?? ""),
    }),
    requires: ({ encryptionConfig }) => keyRequirements(encryptionConfig),
    run(input, call, deps) {
      const { state, clock } = deps;
      const name = input.clusterName ?? "";
      const use = { clusterKey: clusterKey(call, name), operation: TYPE, token: input.clientRequestToken, input, now: clock.now() };
      const earlier = earlierResult(state, use);
      const known = earlier && state.updates.get(childKey(call, name, earlier));
      if (known) return { update: updateView(known) };

      const cluster = requireCluster(state, call, name);
      if (cluster.status !== "ACTIVE" && cluster.status !== "UPDATING") throw clusterNotActive(name);
      if (cluster.encryptionConfig) {
        throw invalidRequest(`Cluster ${name} already has an encryption configuration, which cannot be changed`, { clusterName: name });
      }
      const encryptionConfig = checkEncryption(input.encryptionConfig, call, name);
      if (!encryptionConfig) throw invalidParameter("encryptionConfig must not be empty", { clusterName: name });
      checkIdle(cluster, TYPE);
      const change = { type: TYPE, params: params({ EncryptionConfig: encryptionConfig }), change: { encryptionConfig } } as const;
      const update = startClusterUpdate(deps, call, name, change, ({ id }) => rememberResult(state, use, id));
      return { update: updateView(update) };
    },
  },
} satisfies Operations<Sdk["eks"], EksDeps>;
