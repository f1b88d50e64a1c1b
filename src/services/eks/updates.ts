// Updates: what changes a cluster, node group, add-on or capability after its creation (spec eks-control-plane §6).
import type { Update, UpdateParam, UpdateParamType, UpdateType } from "@aws-sdk/client-eks";
import { uuid } from "../../aws/ids.ts";
import type { Operations, Sdk } from "../../aws/operation.ts";
import { childKey, clusterArn, clusterKey, type Place } from "./arn.ts";
import type { CapabilityRecord } from "./capability-records.ts";
import { requireCluster } from "./clusters.ts";
import type { EksDeps } from "./deps.ts";
import { clusterNotActive, invalidParameter, invalidRequest, invalidState, noNodegroup, notFound, resourceInUse } from "./errors.ts";
import { page } from "./page.ts";
import type { AddonRecord, ClusterRecord, NodegroupRecord, UpdateRecord, UpdateScope } from "./records.ts";
import type { EksState } from "./state.ts";

/** The API's shape of an update. */
export function updateView(record: UpdateRecord): Update {
  return {
    id: record.id,
    status: record.status,
    type: record.type,
    params: record.params.map((param) => ({ ...param })),
    createdAt: new Date(record.createdAt),
    errors: record.errors.map((error) => ({ ...error, resourceIds: [...error.resourceIds] })),
  };
}

/** Parameters with a value; values that are not text are written as JSON. */
export function params(values: Partial<Record<UpdateParamType, unknown>>): UpdateParam[] {
  return Object.entries(values)
    .filter(([, value]) => value !== undefined)
    .map(([type, value]) => ({ type: type as UpdateParamType, value: typeof value === "string" ? value : JSON.stringify(value) }));
}

/** What a caller asks to change. */
export interface Change {
  readonly type: UpdateType;
  readonly params: UpdateParam[];
  readonly change: UpdateRecord["change"];
  readonly force?: boolean;
}

/** Throws unless the cluster is ACTIVE and no other update of it runs. */
export function checkIdle(cluster: ClusterRecord, type: UpdateType): void {
  if (cluster.activeUpdate) {
    throw resourceInUse(`Cannot ${type} because cluster ${cluster.name} currently has update ${cluster.activeUpdate} in progress`, {
      clusterName: cluster.name,
    });
  }
  if (cluster.status !== "ACTIVE") throw clusterNotActive(cluster.name);
}

/** What an update leaves on the resource it is about. */
interface Marked {
  readonly status: "UPDATING";
  readonly activeUpdate: string;
}

/** Records an update; `mark` puts what it is about into UPDATING and `also` writes more, in the same transaction. */
function start(
  { state, clock, random }: EksDeps,
  updatesOf: { readonly place: Place; readonly clusterName: string; readonly scope: UpdateScope },
  change: Change,
  mark: (status: Marked) => void,
  also: (update: UpdateRecord) => void,
): UpdateRecord {
  const { place, clusterName, scope } = updatesOf;
  const update = record(uuid(random), scope, change, clock.now());
  state.store.transact(() => {
    state.updates.put(childKey(place, clusterName, update.id), update);
    mark({ status: "UPDATING", activeUpdate: update.id });
    also(update);
  });
  return update;
}

/** Records an update of a cluster and puts the cluster into UPDATING; `also` writes more in the same transaction. */
export function startClusterUpdate(
  deps: EksDeps,
  place: Place,
  name: string,
  change: Change,
  also: (update: UpdateRecord) => void = () => {},
): UpdateRecord {
  const { state } = deps;
  const cluster = requireCluster(state, place, name);
  checkIdle(cluster, change.type);
  const mark = (status: Marked) => void state.clusters.put(clusterKey(place, name), { ...cluster, ...status });
  return start(deps, { place, clusterName: name, scope: {} }, change, mark, also);
}

/** Records an update of a node group and puts the group into UPDATING. Throws ResourceInUseException if another one runs. */
export function startNodegroupUpdate(
  deps: EksDeps,
  place: Place,
  nodegroup: NodegroupRecord,
  change: Change,
  also: (update: UpdateRecord) => void,
): UpdateRecord {
  const { clusterName, name: nodegroupName } = nodegroup;
  if (nodegroup.activeUpdate) {
    throw resourceInUse(`Nodegroup cannot be updated as it is currently not in Active State`, { clusterName, nodegroupName });
  }
  const mark = (status: Marked) => void deps.state.nodegroups.put(childKey(place, clusterName, nodegroupName), { ...nodegroup, ...status });
  return start(deps, { place, clusterName, scope: { nodegroupName } }, change, mark, also);
}

/** Records an update of an add-on, which carries what it is to become, and puts the add-on into UPDATING. */
export function startAddonUpdate(
  deps: EksDeps,
  place: Place,
  addon: AddonRecord,
  parameters: UpdateParam[],
  also: (update: UpdateRecord) => void,
): UpdateRecord {
  const { clusterName, name: addonName } = addon;
  const change: Change = { type: "AddonUpdate", params: parameters, change: {} };
  const mark = (status: Marked) => void deps.state.addons.put(childKey(place, clusterName, addonName), { ...addon, ...status });
  return start(deps, { place, clusterName, scope: { addonName } }, change, mark, also);
}

/** Records an update of a capability, which carries what it is to become, and puts the capability into UPDATING. */
export function startCapabilityUpdate(
  deps: EksDeps,
  place: Place,
  capability: CapabilityRecord,
  parameters: UpdateParam[],
  also: (update: UpdateRecord) => void,
): UpdateRecord {
  const { clusterName, name: capabilityName } = capability;
  const change: Change = { type: "CapabilityUpdate", params: parameters, change: {} };
  const mark = (status: Marked) =>
    void deps.state.capabilities.put(childKey(place, clusterName, capabilityName), { ...capability, ...status });
  return start(deps, { place, clusterName, scope: { capabilityName } }, change, mark, also);
}

const record = (id: string, scope: UpdateScope, change: Change, now: number): UpdateRecord => ({
  id,
  scope,
  status: "InProgress",
  createdAt: now,
  errors: [],
  ...change,
});

interface ScopeInput {
  readonly nodegroupName?: string | undefined;
  readonly addonName?: string | undefined;
  readonly capabilityName?: string | undefined;
}

/** The scope a read asks for. Throws if more than one is named or the named resource does not exist. */
function scopeOf(state: EksState, place: Place, cluster: string, input: ScopeInput): UpdateScope {
  const named = [input.nodegroupName, input.addonName, input.capabilityName].filter((name) => name !== undefined);
  if (named.length > 1)
    throw invalidParameter("Only one of nodegroupName, addonName and capabilityName can be specified", { clusterName: cluster });
  if (input.nodegroupName !== undefined && !state.nodegroups.has(childKey(place, cluster, input.nodegroupName))) {
    throw noNodegroup(cluster, input.nodegroupName);
  }
  if (input.addonName !== undefined && !state.addons.has(childKey(place, cluster, input.addonName))) {
    throw notFound(`No addon: ${input.addonName} found in cluster: ${cluster}`, { clusterName: cluster, addonName: input.addonName });
  }
  if (input.capabilityName !== undefined && !state.capabilities.has(childKey(place, cluster, input.capabilityName)))
    throw notFound(`No capability found for name: ${input.capabilityName}.`, { clusterName: cluster });
  return {
    ...(input.nodegroupName === undefined ? {} : { nodegroupName: input.nodegroupName }),
    ...(input.addonName === undefined ? {} : { addonName: input.addonName }),
    ...(input.capabilityName === undefined ? {} : { capabilityName: input.capabilityName }),
  };
}

const sameScope = (a: UpdateScope, b: UpdateScope) =>
  a.nodegroupName === b.nodegroupName && a.addonName === b.addonName && a.capabilityName === b.capabilityName;

/** ARNs that reads of updates are authorized on: the cluster and the node group, add-on or capability asked about. */
function resources(input: ScopeInput & { name?: string | undefined }, place: Place, state: EksState): string[] {
  const arns = [clusterArn(place, input.name ?? "")];
  const nodegroup = input.nodegroupName && state.nodegroups.get(childKey(place, input.name ?? "", input.nodegroupName));
  if (nodegroup) arns.push(nodegroup.arn);
  const addon = input.addonName && state.addons.get(childKey(place, input.name ?? "", input.addonName));
  if (addon) arns.push(addon.arn);
  const capability = input.capabilityName && state.capabilities.get(childKey(place, input.name ?? "", input.capabilityName));
  if (capability) arns.push(capability.arn);
  return arns;
}

export const updates = {
  DescribeUpdate: {
    resource: (input, call, { state }) => resources(input, call, state),
    run(input, call, { state }) {
      const cluster = requireCluster(state, call, input.name);
      const scope = scopeOf(state, call, cluster.name, input);
      const found = state.updates.get(childKey(call, cluster.name, input.updateId ?? ""));
      if (!found || !sameScope(found.scope, scope)) {
        throw notFound(`No update found for ID: ${input.updateId}`, { clusterName: cluster.name });
      }
      return { update: updateView(found) };
    },
  },

  ListUpdates: {
    resource: (input, call, { state }) => resources(input, call, state),
    run(input, call, { state }) {
      const cluster = requireCluster(state, call, input.name);
      const scope = scopeOf(state, call, cluster.name, input);
      const ids = state.updates
        .list(`${clusterKey(call, cluster.name)}/`)
        .filter((update) => sameScope(update.scope, scope))
        .sort((a, b) => b.createdAt - a.createdAt || (a.id < b.id ? -1 : 1))
        .map((update) => update.id);
      const { page: updateIds, nextToken } = page(ids, input, ["ListUpdates", cluster.arn, scope], (id) => id);
      return { updateIds, nextToken };
    },
  },

  CancelUpdate: {
    resource: ({ name }, call) => clusterArn(call, name ?? ""),
    run({ name, updateId }, call, { state }) {
      const cluster = requireCluster(state, call, name);
      const update = state.updates.get(childKey(call, cluster.name, updateId ?? ""));
      if (!update) throw notFound(`No update found for ID: ${updateId}`, { clusterName: cluster.name });
      if (update.type !== "VersionRollback") {
        throw invalidRequest(`Update ${update.id} of type ${update.type} cannot be cancelled`, { clusterName: cluster.name });
      }
      // Only the node phase of an Auto Mode rollback can be cancelled, and a rollback without it is in the control plane phase at once.
      throw invalidState(`Update ${update.id} can no longer be cancelled`, cluster.name);
    },
  },
} satisfies Operations<Sdk["eks"], EksDeps>;
