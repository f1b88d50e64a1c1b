// The node group controller: looks at a group's status and does what it calls for.
import type { ControllerDeps } from "../deps.ts";
import { failureOf } from "../issues.ts";
import { type Again, Loop } from "../loop.ts";
import { amendGroup, issueOf } from "./amend.ts";
import { createNodegroup } from "./create.ts";
import { deleteNodegroup } from "./delete.ts";
import type { Group } from "./group.ts";
import { checkTemplate } from "./launch-template.ts";
import { Removal } from "./removal.ts";
import { holdSize } from "./scale.ts";
import { updateNodegroup } from "./update.ts";

/** Instances and nodes tell of changes; this is for what goes unnoticed. */
const RESYNC: Again = { after: 5 * 60_000 };

/** Makes the loop; the caller feeds it node group keys. */
export function nodegroupLoop(deps: ControllerDeps): Loop {
  const removal = new Removal(deps);
  return new Loop("nodegroup", deps.clock, deps.log, async (key, failures): Promise<Again | undefined> => {
    const nodegroup = deps.state.nodegroups.get(key);
    if (!nodegroup) return undefined;
    const parent = key.slice(0, key.lastIndexOf("/"));
    const cluster = deps.state.clusters.get(parent);
    if (!cluster) return undefined;
    // Right after a restart the cluster itself may still be coming up; without it nodes can neither join nor be drained.
    const upAndComing = cluster.status === "ACTIVE" || cluster.status === "UPDATING";
    if (upAndComing && !deps.clusters.kube(parent)) return { after: 200 };
    const group: Group = { key, clusterKey: parent, cluster, nodegroup };
    switch (nodegroup.status) {
      case "CREATING":
        return createNodegroup(deps, group, removal, failures);
      case "UPDATING":
        return updateNodegroup(deps, group, removal, failures);
      case "DELETING":
        return deleteNodegroup(deps, group, removal, failures);
      case "ACTIVE":
      case "DEGRADED":
        return watchOver(deps, group, removal);
      default:
        return undefined;
    }
  });
}

/** Keeps an existing group at its size. What goes wrong shows as a health issue and is tried again. */
async function watchOver(deps: ControllerDeps, group: Group, removal: Removal): Promise<Again | undefined> {
  const { key, nodegroup } = group;
  try {
    await checkTemplate(deps, group);
    const { draining, instances, ready } = await holdSize(deps, group, removal, nodegroup);
    amendGroup(deps, key, nodegroup.status, { status: "ACTIVE", health: [] });
    if (draining || ready.length < instances.length) return { after: 1000 };
  } catch (error) {
    const failure = failureOf(error, 0);
    if (!failure) throw error;
    amendGroup(deps, key, nodegroup.status, { status: "DEGRADED", health: [issueOf(failure)] });
    return { after: 30_000 };
  }
  return RESYNC;
}
