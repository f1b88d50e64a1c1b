// UpdateClusterVersion: one minor up, or back within seven days of an upgrade (spec eks-control-plane §5.6).
import type { Operations, Sdk } from "../../aws/operation.ts";
import { childKey, clusterArn, clusterKey, type Place } from "./arn.ts";
import { requireCluster } from "./clusters.ts";
import type { EksDeps } from "./deps.ts";
import { clusterNotActive, invalidParameter, invalidRequest, invalidState } from "./errors.ts";
import { checkFreeAtUpdate, readSubnets } from "./network.ts";
import type { ClusterRecord } from "./records.ts";
import { asService } from "./service-roles.ts";
import { earlierResult, rememberResult } from "./tokens.ts";
import { checkIdle, params, startClusterUpdate, updateView } from "./updates.ts";
import { minor, supportedVersion, supportPhase } from "./versions.ts";

const ROLLBACK_WINDOW_MS = 7 * 24 * 3600 * 1000;

export const updateClusterVersion = {
  UpdateClusterVersion: {
    resource: ({ name }, call) => clusterArn(call, name ?? ""),
    conditions: ({ version }) => ({ "eks:kubernetesVersion": version }),
    async run(input, call, deps) {
      const { state, clock, versions } = deps;
      const name = input.name ?? "";
      const use = {
        clusterKey: clusterKey(call, name),
        operation: "UpdateClusterVersion",
        token: input.clientRequestToken,
        input,
        now: clock.now(),
      };
      const earlier = earlierResult(state, use);
      const known = earlier && state.updates.get(childKey(call, name, earlier));
      if (known) return { update: updateView(known) };

      const cluster = requireCluster(state, call, name);
      if (cluster.status !== "ACTIVE" && cluster.status !== "UPDATING") throw clusterNotActive(name);
      const target = input.version ?? "";
      const facts = supportedVersion(versions, target, clock.now());
      if (!facts) throw invalidParameter(`unsupported Kubernetes version ${target}`, { clusterName: name });
      const step = minor(target) - minor(cluster.version);
      if (step === 0) throw invalidParameter(`Cluster is already at the desired version ${target}`, { clusterName: name });
      if (step !== 1 && step !== -1) throw badStep(cluster, target);
      const type = step === 1 ? "VersionUpdate" : "VersionRollback";
      if (step === -1) checkRollback(cluster, target, deps);
      if (step === 1) checkNodegroups(cluster, call, deps);
      if (step === -1 && !input.force) checkRollbackReadiness(cluster, target, call, deps);
      checkFargate(cluster, call, step, deps);
      if (input.rollbackConfig && !(step === -1 && cluster.autoMode)) {
        throw invalidParameter("rollbackConfig is only supported for version rollbacks of EKS Auto Mode clusters", { clusterName: name });
      }
      checkTimeout(input.rollbackConfig?.timeoutMinutes, name);
      checkFreeAtUpdate(await readSubnets(deps, cluster.subnetIds, asService(deps, call), name), name);

      checkIdle(requireCluster(state, call, name), type);
      const update = startClusterUpdate(
        deps,
        call,
        name,
        {
          type,
          params: params({ Version: target, PlatformVersion: cluster.platformVersion }),
          change: { version: target, platformVersion: facts.platformVersion },
          ...(input.force ? { force: true } : {}),
        },
        ({ id }) => rememberResult(state, use, id),
      );
      return { update: updateView(update) };
    },
  },
} satisfies Operations<Sdk["eks"], EksDeps>;

/** How long the nodes of a cluster in Auto Mode may take to go back: two hours to a week. Throws InvalidParameterException. */
function checkTimeout(minutes: number | undefined, clusterName: string): void {
  if (minutes === undefined || (Number.isInteger(minutes) && minutes >= 120 && minutes <= 10_080)) return;
  throw invalidParameter("timeoutMinutes of rollbackConfig must be between 120 and 10080", { clusterName });
}

const badStep = (cluster: ClusterRecord, target: string) =>
  invalidParameter(`Unsupported Kubernetes minor version update from ${cluster.version} to ${target}`, { clusterName: cluster.name });

/** Every managed node group must run the cluster's minor version before the cluster moves on. */
function checkNodegroups(cluster: ClusterRecord, place: Place, { state }: EksDeps): void {
  const behind = state.nodegroups
    .list(`${clusterKey(place, cluster.name)}/`)
    .filter((nodegroup) => nodegroup.version !== cluster.version)
    .map((nodegroup) => nodegroup.name);
  if (behind.length > 0) {
    throw invalidRequest(
      `Nodegroups ${behind.join(", ")} must be updated to match cluster version ${cluster.version} before updating cluster version`,
      { clusterName: cluster.name },
    );
  }
}

/** Insights that say ERROR forbid a rollback that is not forced. */
function checkRollbackReadiness(cluster: ClusterRecord, target: string, place: Place, { state }: EksDeps): void {
  const failing = state.insights
    .list(`${clusterKey(place, cluster.name)}/`)
    .filter((insight) => insight.category === "ROLLBACK_READINESS" && insight.kubernetesVersion === target && insight.status === "ERROR");
  if (failing.length === 0) return;
  const names = failing.map((insight) => insight.name).join(", ");
  throw invalidState(`Cannot roll back cluster ${cluster.name} to ${target}: cluster insights report errors: ${names}`, cluster.name);
}

/** Pods on Fargate keep the version they began with; they must be made anew before the cluster moves on, and forbid a rollback. */
function checkFargate(cluster: ClusterRecord, place: Place, step: 1 | -1, { state }: EksDeps): void {
  const machines = state.fargateMachines.list(`${clusterKey(place, cluster.name)}/`);
  const subject = { clusterName: cluster.name };
  if (step === -1 && machines.length > 0) {
    throw invalidRequest(`Cannot roll back cluster ${cluster.name}: it has Pods running on Fargate`, subject);
  }
  const behind = machines.filter((machine) => machine.version !== cluster.version).map((machine) => machine.nodeName);
  if (behind.length === 0) return;
  throw invalidRequest(
    `Fargate nodes ${behind.join(", ")} must be updated to match cluster version ${cluster.version} before updating cluster version`,
    subject,
  );
}

function checkRollback(cluster: ClusterRecord, target: string, { clock, versions }: EksDeps): void {
  const refuse = (reason: string) =>
    invalidRequest(`Cannot roll back cluster ${cluster.name} to ${target}: ${reason}`, { clusterName: cluster.name });
  const last = cluster.versionHistory[cluster.versionHistory.length - 1];
  if (!last || last.rollback || last.version !== cluster.version) throw badStep(cluster, target);
  if (clock.now() - last.at > ROLLBACK_WINDOW_MS) throw refuse("the upgrade was more than 7 days ago");
  const facts = supportedVersion(versions, target, clock.now());
  if (facts && supportPhase(facts, clock.now()) === "EXTENDED_SUPPORT" && cluster.supportType !== "EXTENDED") {
    throw refuse("the version is in extended support and the cluster's upgrade policy is STANDARD");
  }
}
