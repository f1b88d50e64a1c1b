// Changes of managed node groups: configuration and version (spec eks-control-plane §13.2).
import type { Taint, UpdateNodegroupConfigRequest } from "@aws-sdk/client-eks";
import type { Operations, Sdk } from "../../aws/operation.ts";
import { childKey, clusterKey, type Place } from "./arn.ts";
import { requireCluster } from "./clusters.ts";
import type { EksDeps } from "./deps.ts";
import { clusterNotActive, invalidParameter, invalidRequest, resourceInUse } from "./errors.ts";
import { resolveTemplate } from "./launch-template.ts";
import { chooseRelease } from "./nodegroup-machines.ts";
import { checkLabels, checkRepair, checkScaling, checkTaints, checkUpdateConfig, checkWarmPool, type Subject } from "./nodegroup-rules.ts";
import { nodegroupConditions, nodegroupResource, requireNodegroup } from "./nodegroups.ts";
import type { ClusterRecord, NodegroupRecord, NodegroupSettings } from "./records.ts";
import { asService } from "./service-roles.ts";
import type { EksState } from "./state.ts";
import { earlierResult, rememberResult } from "./tokens.ts";
import { type Change, params, startNodegroupUpdate, updateView } from "./updates.ts";
import { minor } from "./versions.ts";

type ConfigChange = Partial<NodegroupSettings>;

/** The node group in a state that accepts updates; throws otherwise. */
function requireUpdatable(state: EksState, place: Place, cluster: ClusterRecord, name: string | undefined): Readonly<NodegroupRecord> {
  if (cluster.status !== "ACTIVE" && cluster.status !== "UPDATING") throw clusterNotActive(cluster.name);
  const nodegroup = requireNodegroup(state, place, cluster.name, name);
  if (nodegroup.status !== "ACTIVE" && nodegroup.status !== "DEGRADED" && nodegroup.status !== "UPDATING") {
    throw resourceInUse("Nodegroup cannot be updated as it is currently not in Active State", {
      clusterName: cluster.name,
      nodegroupName: nodegroup.name,
    });
  }
  return nodegroup;
}

export const nodegroupUpdates = {
  UpdateNodegroupConfig: {
    resource: nodegroupResource,
    conditions: nodegroupConditions,
    run(input, call, deps) {
      const { state, clock } = deps;
      const clusterName = input.clusterName ?? "";
      const use = {
        clusterKey: clusterKey(call, clusterName),
        operation: "UpdateNodegroupConfig",
        token: input.clientRequestToken,
        input,
        now: clock.now(),
      };
      const earlier = earlierResult(state, use);
      const known = earlier && state.updates.get(childKey(call, clusterName, earlier));
      if (known) return { update: updateView(known) };

      const nodegroup = requireUpdatable(state, call, requireCluster(state, call, clusterName), input.nodegroupName);
      const change = configChange(input, nodegroup, deps);
      return { update: updateView(startNodegroupUpdate(deps, call, nodegroup, change, ({ id }) => rememberResult(state, use, id))) };
    },
  },

  UpdateNodegroupVersion: {
    resource: nodegroupResource,
    conditions: nodegroupConditions,
    async run(input, call, deps) {
      const { state, clock } = deps;
      const clusterName = input.clusterName ?? "";
      const use = {
        clusterKey: clusterKey(call, clusterName),
        operation: "UpdateNodegroupVersion",
        token: input.clientRequestToken,
        input,
        now: clock.now(),
      };
      const earlier = earlierResult(state, use);
      const known = earlier && state.updates.get(childKey(call, clusterName, earlier));
      if (known) return { update: updateView(known) };

      const cluster = requireCluster(state, call, clusterName);
      const nodegroup = requireUpdatable(state, call, cluster, input.nodegroupName);
      const subject = { clusterName, nodegroupName: nodegroup.name };
      const version = chooseVersion(input.version, nodegroup, cluster, subject);
      const change: { -readonly [K in keyof ConfigChange]: ConfigChange[K] } = { version };
      if (nodegroup.amiType !== "CUSTOM")
        change.releaseVersion = chooseRelease(input.releaseVersion, nodegroup.amiType, version, deps, subject);
      if (input.launchTemplate) {
        const before = nodegroup.launchTemplate;
        if (!before) throw invalidParameter("You cannot specify a launch template for a node group that was created without one.", subject);
        const template = await resolveTemplate(deps, input.launchTemplate, asService(deps, call, "nodegroup"), subject);
        if (template.specification.id !== before.id) {
          throw invalidParameter("You cannot specify a different launch template than the one the node group was created with.", subject);
        }
        change.launchTemplate = template.specification;
        if (nodegroup.amiType === "CUSTOM") change.releaseVersion = template.data.ImageId ?? nodegroup.releaseVersion;
      }
      if (change.version === cluster.version && cluster.activeUpdate && cluster.version !== nodegroup.version) {
        throw resourceInUse(
          `Cannot VersionUpdate because cluster ${clusterName} currently has update ${cluster.activeUpdate} in progress`,
          subject,
        );
      }
      const started = startNodegroupUpdate(
        deps,
        call,
        requireNodegroup(state, call, clusterName, nodegroup.name),
        {
          type: "VersionUpdate",
          params: params({
            Version: change.version,
            ReleaseVersion: change.releaseVersion,
            LaunchTemplateName: change.launchTemplate?.name,
            LaunchTemplateVersion: change.launchTemplate?.version,
          }),
          change,
          ...(input.force ? { force: true } : {}),
        },
        ({ id }) => rememberResult(state, use, id),
      );
      return { update: updateView(started) };
    },
  },
} satisfies Operations<Sdk["eks"], EksDeps>;

/** The node group's own version, or the cluster's one minor away. */
function chooseVersion(asked: string | undefined, nodegroup: NodegroupRecord, cluster: ClusterRecord, subject: Subject): string {
  const version = asked ?? cluster.version;
  if (version !== nodegroup.version && version !== cluster.version) {
    throw invalidParameter(
      `Requested Nodegroup Kubernetes version ${version} must match the cluster's version ${cluster.version}`,
      subject,
    );
  }
  if (Math.abs(minor(version) - minor(nodegroup.version)) > 1) {
    throw invalidParameter(
      `Nodegroup Kubernetes version can only be updated one minor version at a time: ${nodegroup.version} to ${version}`,
      subject,
    );
  }
  return version;
}

function configChange(input: UpdateNodegroupConfigRequest, nodegroup: NodegroupRecord, deps: EksDeps): Change {
  const subject = { clusterName: nodegroup.clusterName, nodegroupName: nodegroup.name };
  const { addOrUpdateLabels = {}, removeLabels = [] } = input.labels ?? {};
  const { addOrUpdateTaints = [], removeTaints = [] } = input.taints ?? {};
  const change: { -readonly [K in keyof ConfigChange]: ConfigChange[K] } = {};
  if (input.labels) {
    checkLabels(addOrUpdateLabels, subject);
    if (removeLabels.some((key) => key in addOrUpdateLabels)) throw invalidRequest("A label cannot be both updated and removed", subject);
    const kept = Object.entries(nodegroup.labels).filter(([key]) => !removeLabels.includes(key));
    change.labels = { ...Object.fromEntries(kept), ...addOrUpdateLabels };
  }
  if (input.taints) {
    change.taints = mergeTaints(nodegroup.taints, addOrUpdateTaints, removeTaints);
    checkTaints(addOrUpdateTaints, subject);
    checkTaints(change.taints, subject);
  }
  if (input.scalingConfig) {
    const wanted = { ...nodegroup.scalingConfig, ...input.scalingConfig };
    change.scalingConfig = checkScaling(wanted, deps.limits.nodesPerNodegroup, subject);
  }
  if (input.updateConfig) change.updateConfig = checkUpdateConfig(input.updateConfig, subject);
  if (input.nodeRepairConfig) {
    checkRepair(input.nodeRepairConfig, subject);
    change.nodeRepairConfig = { ...nodegroup.nodeRepairConfig, ...input.nodeRepairConfig };
  }
  if (input.warmPoolConfig) {
    checkWarmPool(input.warmPoolConfig, nodegroup.amiType, subject);
    change.warmPoolConfig = { ...nodegroup.warmPoolConfig, ...input.warmPoolConfig };
  }
  const changed = (Object.keys(change) as (keyof ConfigChange)[]).some(
    (name) => JSON.stringify(change[name]) !== JSON.stringify(nodegroup[name]),
  );
  if (!changed) throw invalidParameter("No changes needed for the nodegroup config provided", subject);
  const given = <T extends object>(value: T | undefined) => (value && Object.keys(value).length > 0 ? value : undefined);
  return {
    type: "ConfigUpdate",
    params: params({
      MinSize: change.scalingConfig?.minSize,
      MaxSize: change.scalingConfig?.maxSize,
      DesiredSize: change.scalingConfig?.desiredSize,
      LabelsToAdd: given(addOrUpdateLabels),
      LabelsToRemove: given(removeLabels),
      TaintsToAdd: given(addOrUpdateTaints),
      TaintsToRemove: given(removeTaints),
      MaxUnavailable: input.updateConfig?.maxUnavailable,
      MaxUnavailablePercentage: input.updateConfig?.maxUnavailablePercentage,
      UpdateStrategy: input.updateConfig?.updateStrategy,
      NodeRepairEnabled: input.nodeRepairConfig?.enabled,
      WarmPoolEnabled: input.warmPoolConfig?.enabled,
      WarmPoolMinSize: input.warmPoolConfig?.minSize,
      WarmPoolMaxGroupPreparedCapacity: input.warmPoolConfig?.maxGroupPreparedCapacity,
      WarmPoolState: input.warmPoolConfig?.poolState,
      WarmPoolReuseOnScaleIn: input.warmPoolConfig?.reuseOnScaleIn,
    }),
    change,
  };
}

const sameTaint = (a: Taint, b: Taint) => a.key === b.key && a.effect === b.effect;

/** Taints are told apart by key and effect. */
function mergeTaints(now: readonly Taint[], added: readonly Taint[], removed: readonly Taint[]): Taint[] {
  const kept = now.filter((taint) => !removed.some((gone) => sameTaint(gone, taint)) && !added.some((other) => sameTaint(other, taint)));
  return [...kept, ...added];
}
