// The cluster controller: looks at a cluster's status and does what it calls for.
import type { ClusterRecord } from "../../services/eks/records.ts";
import { asService } from "../../services/eks/service-roles.ts";
import type { ControllerDeps } from "../deps.ts";
import { type Again, Loop } from "../loop.ts";
import { amend } from "./amend.ts";
import { createCluster } from "./create.ts";
import { deleteCluster } from "./delete.ts";
import { clusterFacts } from "./facts.ts";
import { listInterfaces } from "./interfaces.ts";
import { updateCluster } from "./update.ts";

/** Makes the loop; the caller feeds it cluster keys. */
export function clusterLoop(deps: ControllerDeps): Loop {
  const running = new Set<string>();

  /** After a restart of Atoll, clusters that were there run again, perhaps under another endpoint. */
  async function ensureRunning(key: string, cluster: ClusterRecord): Promise<void> {
    if (running.has(key)) return;
    const interfaces = await listInterfaces(deps, cluster, asService(deps, cluster));
    const addresses = interfaces.map((found) => found.PrivateIpAddress).filter((address) => address !== undefined);
    const endpoint = await deps.clusters.start(clusterFacts(key, cluster, addresses));
    running.add(key);
    amend(deps, key, cluster.status, endpoint);
  }

  return new Loop("cluster", deps.clock, deps.log, async (key, failures): Promise<Again | undefined> => {
    const cluster = deps.state.clusters.get(key);
    if (!cluster) {
      running.delete(key);
      return undefined;
    }
    switch (cluster.status) {
      case "CREATING": {
        const again = await createCluster(deps, key, cluster, failures);
        if (deps.state.clusters.get(key)?.status === "ACTIVE") running.add(key);
        return again;
      }
      case "ACTIVE":
        await ensureRunning(key, cluster);
        return undefined;
      case "UPDATING":
        await ensureRunning(key, cluster);
        return updateCluster(deps, key, deps.state.clusters.get(key) ?? cluster, failures);
      case "DELETING":
        running.delete(key);
        return deleteCluster(deps, key, cluster);
      default:
        return undefined;
    }
  });
}
