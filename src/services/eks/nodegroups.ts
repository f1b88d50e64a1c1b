// Managed node groups: create, describe, list, delete (spec eks-control-plane §13).
import type { CreateNodegroupRequest } from "@aws-sdk/client-eks";
import { uuid } from "../../aws/ids.ts";
import type { Call, Conditions, Operations, Sdk } from "../../aws/operation.ts";
import { childKey, clusterArn, clusterKey, nodegroupArn, type Place } from "./arn.ts";
import { checkTags, compact, distinct } from "./checks.ts";
import { resourceTags, tagConditions } from "./cluster-conditions.ts";
import { requireCluster } from "./clusters.ts";
import type { EksDeps } from "./deps.ts";
import { clusterNotActive, invalidParameter, limitExceeded, noNodegroup, resourceInUse } from "./errors.ts";
import { readSubnets } from "./network.ts";
import { chooseMachines } from "./nodegroup-machines.ts";
import {
  checkBesideTemplate,
  checkLabels,
  checkNodegroupName,
  checkRepair,
  checkScaling,
  checkTaints,
  checkUpdateConfig,
  checkWarmPool,
  type Subject,
} from "./nodegroup-rules.ts";
import { nodegroupView } from "./nodegroup-view.ts";
import { page } from "./page.ts";
import type { ClusterRecord, NodegroupRecord } from "./records.ts";
import { asService, ownRole, passRole, serviceLinkedRequirement, tagOnCreate } from "./service-roles.ts";
import type { EksState } from "./state.ts";
import { earlierResult, rememberResult } from "./tokens.ts";
import { trustsService } from "./trust.ts";

interface NameInput {
  readonly clusterName?: string | undefined;
  readonly nodegroupName?: string | undefined;
}

/** The node group of that name; throws ResourceNotFoundException. */
export function requireNodegroup(state: EksState, place: Place, clusterName: string, name: string | undefined): Readonly<NodegroupRecord> {
  const record = state.nodegroups.get(childKey(place, clusterName, name ?? ""));
  if (!record) throw noNodegroup(clusterName, name ?? "");
  return record;
}

/** ARN to authorize on; the last part is `*` if there is no such group. */
export const nodegroupResource = (input: NameInput, place: Place, { state }: EksDeps): string =>
  state.nodegroups.get(childKey(place, input.clusterName ?? "", input.nodegroupName ?? ""))?.arn ??
  nodegroupArn(place, input.clusterName ?? "", input.nodegroupName ?? "", "*");

export const nodegroupConditions = (input: NameInput, place: Place, { state }: EksDeps): Conditions =>
  resourceTags(state.nodegroups.get(childKey(place, input.clusterName ?? "", input.nodegroupName ?? ""))?.tags);

export const nodegroups = {
  CreateNodegroup: {
    resource: ({ clusterName }, call) => clusterArn(call, clusterName ?? ""),
    conditions: ({ tags }) => tagConditions(tags),
    requires: (input, call, { directory }) => [
      ...(input.nodeRole ? [{ action: "iam:GetRole", resources: [input.nodeRole] }] : []),
      ...passRole(input.nodeRole, "ec2.amazonaws.com"),
      ...serviceLinkedRequirement(directory, call, "nodegroup"),
      ...tagOnCreate(input.tags, clusterArn(call, input.clusterName ?? "")),
    ],
    async run(input, call, deps) {
      const { state, clock, limits } = deps;
      const clusterName = input.clusterName ?? "";
      const name = checkNodegroupName(input.nodegroupName, clusterName);
      const subject = { clusterName, nodegroupName: name };
      const tags = checkTags(input.tags, subject);
      const key = childKey(call, clusterName, name);
      const use = {
        clusterKey: clusterKey(call, clusterName),
        operation: "CreateNodegroup",
        token: input.clientRequestToken,
        input,
        now: clock.now(),
      };
      const earlier = () => (earlierResult(state, use) === undefined ? undefined : state.nodegroups.get(key));
      const checkFree = () => {
        const cluster = requireCluster(state, call, clusterName);
        if (cluster.status !== "ACTIVE") throw clusterNotActive(clusterName);
        if (state.nodegroups.has(key)) {
          throw resourceInUse(`NodeGroup already exists with name ${name} and cluster name ${clusterName}`, subject);
        }
        if (state.nodegroups.count(`${clusterKey(call, clusterName)}/`) >= limits.nodegroupsPerCluster) {
          throw limitExceeded(`Nodegroup limit exceeded for cluster ${clusterName}.`, subject);
        }
        return cluster;
      };

      const known = earlier();
      if (known) return { nodegroup: nodegroupView(known) };
      const cluster = checkFree();
      const settings = await checkRequest(input, cluster, call, deps, subject);
      const taken = earlier();
      if (taken) return { nodegroup: nodegroupView(taken) };
      checkFree();
      const id = uuid(deps.random);
      const record = compact<NodegroupRecord>({
        clusterName,
        name,
        arn: nodegroupArn(call, clusterName, name, id),
        uuid: id,
        createdAt: clock.now(),
        modifiedAt: clock.now(),
        status: "CREATING",
        ...settings,
        tags,
        health: [],
        autoScalingGroupName: `eks-${name}-${id}`,
      });
      state.store.transact(() => {
        state.nodegroups.put(key, record);
        rememberResult(state, use, name);
      });
      return { nodegroup: nodegroupView(record) };
    },
  },

  DescribeNodegroup: {
    resource: nodegroupResource,
    conditions: nodegroupConditions,
    run({ clusterName, nodegroupName }, call, { state }) {
      const cluster = requireCluster(state, call, clusterName);
      return { nodegroup: nodegroupView(requireNodegroup(state, call, cluster.name, nodegroupName)) };
    },
  },

  ListNodegroups: {
    resource: ({ clusterName }, call) => clusterArn(call, clusterName ?? ""),
    run(input, call, { state }) {
      const cluster = requireCluster(state, call, input.clusterName);
      const names = state.nodegroups.list(`${clusterKey(call, cluster.name)}/`).map((nodegroup) => nodegroup.name);
      const { page: found, nextToken } = page(names, input, ["ListNodegroups", cluster.arn], (name) => name);
      return { nodegroups: found, nextToken };
    },
  },

  DeleteNodegroup: {
    resource: nodegroupResource,
    conditions: nodegroupConditions,
    run({ clusterName, nodegroupName }, call, { state, clock }) {
      const cluster = requireCluster(state, call, clusterName);
      const nodegroup = requireNodegroup(state, call, cluster.name, nodegroupName);
      if (nodegroup.status === "DELETING") return { nodegroup: nodegroupView(nodegroup) };
      if (nodegroup.activeUpdate) {
        throw resourceInUse(
          `Nodegroup ${nodegroup.name} cannot be deleted because it currently has update ${nodegroup.activeUpdate} in progress`,
          {
            clusterName: cluster.name,
            nodegroupName: nodegroup.name,
          },
        );
      }
      const deleting = { ...nodegroup, status: "DELETING" as const, deletingSince: clock.now(), modifiedAt: clock.now() };
      return { nodegroup: nodegroupView(state.nodegroups.put(childKey(call, cluster.name, nodegroup.name), deleting)) };
    },
  },
} satisfies Operations<Sdk["eks"], EksDeps>;

/** Everything a request must satisfy beyond the name; returns the record's members that follow from it. */
async function checkRequest(input: CreateNodegroupRequest, cluster: ClusterRecord, call: Call, deps: EksDeps, subject: Subject) {
  const scalingConfig = checkScaling(input.scalingConfig, deps.limits.nodesPerNodegroup, subject);
  const labels = input.labels ?? {};
  const taints = input.taints ?? [];
  checkLabels(labels, subject);
  checkTaints(taints, subject);
  const updateConfig = checkUpdateConfig(input.updateConfig, subject);
  checkRepair(input.nodeRepairConfig, subject);
  checkBesideTemplate(input, subject);
  const machines = await chooseMachines(input, cluster, call, deps, subject);
  checkWarmPool(input.warmPoolConfig, machines.amiType, subject);

  const subnetIds = distinct(input.subnets ?? []);
  if (subnetIds.length === 0) throw invalidParameter("Subnets must not be empty", subject);
  const subnets = await readSubnets(deps, subnetIds, asService(deps, call, "nodegroup"), cluster.name);
  if (subnets.some((subnet) => subnet.vpcId !== cluster.vpcId)) {
    throw invalidParameter(`Specified subnets must belong to cluster's vpc ${cluster.vpcId}`, subject);
  }
  checkNodeRole(input.nodeRole ?? "", call, deps, subject);
  return {
    ...machines,
    scalingConfig,
    labels,
    taints,
    updateConfig,
    subnets: subnetIds,
    nodeRole: input.nodeRole ?? "",
    ...(input.nodeRepairConfig ? { nodeRepairConfig: input.nodeRepairConfig } : {}),
    ...(input.warmPoolConfig ? { warmPoolConfig: input.warmPoolConfig } : {}),
    ...(input.remoteAccess ? { remoteAccess: input.remoteAccess } : {}),
  };
}

function checkNodeRole(nodeRole: string, call: Call, { directory }: EksDeps, subject: Subject): void {
  const role = ownRole(directory, call, nodeRole);
  if (!role) throw invalidParameter(`The role with name ${nodeRole.split("/").pop()} cannot be found.`, subject);
  if (!trustsService(role.trust, "ec2.amazonaws.com", ["sts:AssumeRole"])) {
    throw invalidParameter(
      `Following required service principals [ec2.amazonaws.com] were not found in the trust relationships of nodeRole ${nodeRole}`,
      subject,
    );
  }
}
