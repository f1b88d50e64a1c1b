// The add-on controller: installs, updates, watches and removes add-ons (spec addons §3).
import type { AddonIssueCode, ErrorCode } from "@aws-sdk/client-eks";
import { uninstall } from "../../clusters/addons/install.ts";
import type { NewObject } from "../../kubernetes/api/object.ts";
import type { KubeClient } from "../../kubernetes/client/client.ts";
import { releaseAssociations } from "../../services/eks/addon-associations.ts";
import { childKey } from "../../services/eks/arn.ts";
import type { AddonRecord, ClusterRecord } from "../../services/eks/records.ts";
import type { ControllerDeps } from "../deps.ts";
import { type Again, Loop } from "../loop.ts";
import { remaining } from "../timing.ts";
import { AddonConflict, applyAddon } from "./apply.ts";
import { isHealthy } from "./health.ts";
import { addonObjects } from "./objects.ts";

/** How long workloads may take to become ready before the add-on counts as unhealthy. */
const ROLLOUT_MS = 15 * 60_000;
const SOON: Again = { after: 500 };
const LATER: Again = { after: 30_000 };
const UNHEALTHY = "The add-on is unhealthy because it doesn't have the desired number of replicas.";
const PATIENCE = 5;

/** Makes the loop; the caller feeds it add-on keys. */
export function addonLoop(deps: ControllerDeps): Loop {
  /** What was last applied for an add-on, so that waiting for health does not apply it again and again. */
  const applied = new Map<string, string>();
  return new Loop("addon", deps.clock, deps.log, async (key, failures): Promise<Again | undefined> => {
    const addon = deps.state.addons.get(key);
    const clusterKey = key.slice(0, key.lastIndexOf("/"));
    const cluster = deps.state.clusters.get(clusterKey);
    if (!addon) applied.delete(key);
    if (!addon || !cluster || cluster.status === "CREATING" || cluster.status === "DELETING") return undefined;
    const kube = deps.clusters.kube(clusterKey);
    if (!kube) return SOON;
    switch (addon.status) {
      case "CREATING":
      case "UPDATING":
        return roll(deps, key, cluster, addon, kube, applied, failures);
      case "DELETING":
        return remove(deps, key, cluster, addon, kube);
      case "ACTIVE":
      case "DEGRADED":
        return watchOver(deps, key, addon, isHealthy(kube, addonObjects(cluster, addon)));
      default:
        return undefined;
    }
  });
}

/** CREATING and UPDATING: applied, then healthy in time. */
async function roll(
  deps: ControllerDeps,
  key: string,
  cluster: ClusterRecord,
  addon: AddonRecord,
  kube: KubeClient,
  applied: Map<string, string>,
  failures: number,
): Promise<Again | undefined> {
  const objects: NewObject[] = addonObjects(cluster, addon);
  const attempt = `${addon.arn}/${addon.activeUpdate}`;
  try {
    if (applied.get(key) !== attempt) await applyAddon(kube, objects, addon.resolveConflicts === "OVERWRITE");
    applied.set(key, attempt);
  } catch (error) {
    if (!(error instanceof AddonConflict) && failures + 1 < PATIENCE) throw error;
    const code = error instanceof AddonConflict ? "ConfigurationConflict" : "InternalFailure";
    finish(deps, key, addon, addon.status === "CREATING" ? "CREATE_FAILED" : "UPDATE_FAILED", code, (error as Error).message);
    return undefined;
  }
  if (isHealthy(kube, objects)) {
    finish(deps, key, addon, "ACTIVE");
    return undefined;
  }
  const began = addon.activeUpdate ? (updateOf(deps, cluster, addon)?.createdAt ?? addon.modifiedAt) : addon.createdAt;
  if (remaining(deps.clock.now(), began, ROLLOUT_MS) > 0) return SOON;
  finish(deps, key, addon, "DEGRADED", "InsufficientNumberOfReplicas", UNHEALTHY);
  return LATER;
}

const updateOf = ({ state }: ControllerDeps, cluster: ClusterRecord, addon: AddonRecord) =>
  state.updates.get(childKey(cluster, cluster.name, addon.activeUpdate ?? ""));

const UPDATE_CODES: Partial<Record<AddonIssueCode, ErrorCode>> = {
  ConfigurationConflict: "ConfigurationConflict",
  InsufficientNumberOfReplicas: "InsufficientNumberOfReplicas",
};

/** Ends a transition: the add-on's status and, if an update was behind it, the update's. */
function finish(
  { state, clock }: ControllerDeps,
  key: string,
  before: AddonRecord,
  status: AddonRecord["status"],
  code?: AddonIssueCode,
  message = "",
): void {
  const addon = state.addons.get(key);
  if (addon?.status !== before.status || addon.activeUpdate !== before.activeUpdate) return;
  const { activeUpdate, ...rest } = addon;
  const now = clock.now();
  state.store.transact(() => {
    state.addons.put(key, { ...rest, status, health: code ? [{ code, message, resourceIds: [] }] : [], modifiedAt: now });
    const updateKey = `${key.slice(0, key.lastIndexOf("/"))}/${activeUpdate}`;
    state.updates.update(updateKey, (update) => ({
      ...update,
      status: code ? "Failed" : "Successful",
      errors: code ? [{ errorCode: UPDATE_CODES[code] ?? "Unknown", errorMessage: message, resourceIds: [] }] : [],
      finishedAt: now,
    }));
  });
}

/** ACTIVE and DEGRADED follow the workloads' health; a restart of pods does not count for the first while. */
function watchOver({ state, clock }: ControllerDeps, key: string, addon: AddonRecord, healthy: boolean): Again {
  if (healthy && addon.status === "DEGRADED") state.addons.put(key, { ...addon, status: "ACTIVE", health: [] });
  const settled = remaining(clock.now(), addon.modifiedAt, ROLLOUT_MS) === 0;
  if (!healthy && addon.status === "ACTIVE" && settled) {
    const issue = { code: "InsufficientNumberOfReplicas" as const, message: UNHEALTHY, resourceIds: [] };
    state.addons.put(key, { ...addon, status: "DEGRADED", health: [issue] });
  }
  return LATER;
}

async function remove(deps: ControllerDeps, key: string, cluster: ClusterRecord, addon: AddonRecord, kube: KubeClient): Promise<undefined> {
  const { state } = deps;
  if (!addon.preserve) await uninstall(kube, addonObjects(cluster, addon));
  const scope = key.slice(0, key.lastIndexOf("/") + 1);
  state.store.transact(() => {
    if (!addon.preserve) releaseAssociations(state, cluster, addon);
    for (const [updateKey, update] of state.updates.entries(scope)) {
      if (update.scope.addonName === addon.name) state.updates.delete(updateKey);
    }
    state.addons.delete(key);
  });
}
