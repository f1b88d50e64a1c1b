// The add-on controller: looks at an add-on's status and does what it calls for (spec addons §3).
import { uninstall } from "../../clusters/addons/install.ts";
import type { AddonRecord } from "../../services/eks/records.ts";
import type { ControllerDeps } from "../deps.ts";
import { type Again, Loop } from "../loop.ts";
import { remaining } from "../timing.ts";
import { deliver } from "./deliver.ts";
import { type AddonFailure, addonFailure } from "./failure.ts";
import { finish, parentOf, withHealth } from "./finish.ts";
import { ailment } from "./health.ts";
import { addonObjects, type Place } from "./objects.ts";

/** Who EKS's add-on engine is inside clusters. */
const ENGINE = "eks:addon-manager";
const SOON: Again = { after: 250 };
const RECOVERY: Again = { after: 2000 };
const RESYNC: Again = { after: 15_000 };

/** What ails the add-on; being refused to look counts. */
function problemOf(place: Place): AddonFailure | undefined {
  try {
    return ailment(place.kube, addonObjects(place, place.addon));
  } catch (error) {
    const failure = addonFailure(error, 0);
    if (!failure) throw error;
    return failure;
  }
}

/** Makes the loop; the caller feeds it add-on keys. */
export function addonLoop(deps: ControllerDeps): Loop {
  const { state, clock } = deps;
  const applied = new Map<string, string>();
  /** Since when an ACTIVE add-on has not been healthy. */
  const ailing = new Map<string, number>();

  /** ACTIVE and DEGRADED follow the workloads' health; a short restart of pods does not count. */
  function watchOver(key: string, place: Place): Again {
    const { addon } = place;
    const problem = problemOf(place);
    if (!problem) {
      ailing.delete(key);
      if (addon.status === "DEGRADED") state.addons.put(key, withHealth(addon, "ACTIVE", undefined));
      return RESYNC;
    }
    if (addon.status === "DEGRADED") return RECOVERY;
    const since = ailing.get(key) ?? clock.now();
    ailing.set(key, since);
    const patience = remaining(clock.now(), since, deps.timing.addonRollout);
    if (patience > 0) return { after: Math.min(patience, RECOVERY.after) };
    state.addons.put(key, withHealth(addon, "DEGRADED", problem));
    return RECOVERY;
  }

  async function remove(key: string, place: Place, failures: number): Promise<Again | undefined> {
    const { addon, kube } = place;
    try {
      if (addon.installed && !addon.preserve) await uninstall(kube, addonObjects(place, addon));
    } catch (error) {
      const failure = addonFailure(error, failures);
      if (!failure) throw error;
      finish(deps, key, addon, "DELETE_FAILED", failure);
      return undefined;
    }
    forget(key, addon);
    return undefined;
  }

  function forget(key: string, addon: AddonRecord): void {
    state.store.transact(() => {
      for (const [updateKey, update] of state.updates.entries(`${parentOf(key)}/`)) {
        if (update.scope.addonName === addon.name) state.updates.delete(updateKey);
      }
      state.addons.delete(key);
    });
  }

  return new Loop("addon", clock, deps.log, async (key, failures): Promise<Again | undefined> => {
    const addon = state.addons.get(key);
    const cluster = state.clusters.get(parentOf(key));
    if (!addon) {
      applied.delete(key);
      ailing.delete(key);
    }
    if (!addon || !cluster || cluster.status === "CREATING" || cluster.status === "DELETING") return undefined;
    const kube = deps.clusters.kube(parentOf(key), ENGINE);
    if (!kube) return SOON;
    const place: Place = { state, kube, cluster, addon };
    switch (addon.status) {
      case "CREATING":
      case "UPDATING":
        return deliver(deps, key, place, applied, failures);
      case "DELETING":
        return remove(key, place, failures);
      case "ACTIVE":
      case "DEGRADED":
        return watchOver(key, place);
      default:
        return undefined;
    }
  });
}
