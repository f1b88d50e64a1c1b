// UpdateClusterConfig: exactly one kind of change per call, checked here and applied by the cluster controller (spec eks-control-plane §5.5).
import type { UpdateClusterConfigRequest } from "@aws-sdk/client-eks";
import type { Call, Operations, Sdk } from "../../aws/operation.ts";
import { childKey, clusterArn, clusterKey } from "./arn.ts";
import { settingConditions } from "./cluster-conditions.ts";
import { requireCluster } from "./clusters.ts";
import { CHANGES } from "./config-changes.ts";
import type { EksDeps } from "./deps.ts";
import { clusterNotActive, invalidParameter } from "./errors.ts";
import type { ClusterRecord } from "./records.ts";
import { passRole } from "./service-roles.ts";
import { earlierResult, rememberResult } from "./tokens.ts";
import { type Change, checkIdle, startClusterUpdate, updateView } from "./updates.ts";

export const updateClusterConfig = {
  UpdateClusterConfig: {
    resource: ({ name }, call) => clusterArn(call, name ?? ""),
    conditions: (input) => settingConditions(input),
    requires: (input) => passRole(input.computeConfig?.nodeRoleArn, "eks.amazonaws.com"),
    async run(input, call, deps) {
      const { state, clock } = deps;
      const name = input.name ?? "";
      const use = {
        clusterKey: clusterKey(call, name),
        operation: "UpdateClusterConfig",
        token: input.clientRequestToken,
        input,
        now: clock.now(),
      };
      const earlier = earlierResult(state, use);
      const known = earlier && state.updates.get(childKey(call, name, earlier));
      if (known) return { update: updateView(known) };

      const cluster = requireCluster(state, call, name);
      if (cluster.status !== "ACTIVE" && cluster.status !== "UPDATING") throw clusterNotActive(name);
      const change = await theChange(input, cluster, call, deps);
      checkIdle(requireCluster(state, call, name), change.type);
      const update = startClusterUpdate(deps, call, name, change, ({ id }) => rememberResult(state, use, id));
      return { update: updateView(update) };
    },
  },
} satisfies Operations<Sdk["eks"], EksDeps>;

async function theChange(input: UpdateClusterConfigRequest, cluster: ClusterRecord, call: Call, deps: EksDeps): Promise<Change> {
  const asked = CHANGES.filter((kind) => kind.asks(input));
  if (asked.length > 1) throw invalidParameter("Only one type of update can be allowed.", { clusterName: cluster.name });
  const [kind] = asked;
  if (!kind) throw invalidParameter("The type for cluster update was not provided.", { clusterName: cluster.name });
  const { params, change } = await kind.check(input, cluster, call, deps);
  return { type: kind.type, params, change };
}
