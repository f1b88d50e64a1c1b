// DELETING to gone: nodes drained and terminated, then what the group owned (spec eks-control-plane §13.2).
import { NODE_MANAGER } from "../../clusters/system-roles.ts";
import type { ControllerDeps } from "../deps.ts";
import { failureOf } from "../issues.ts";
import type { Again } from "../loop.ts";
import { remaining } from "../timing.ts";
import { forgetScalingGroup } from "./activities.ts";
import { amendGroup, issueOf } from "./amend.ts";
import type { Group } from "./group.ts";
import { listInstances } from "./instances.ts";
import { deleteTemplate } from "./launch-template.ts";
import { forgetDead } from "./node-objects.ts";
import { deleteProfile } from "./profile.ts";
import { deleteRemoteAccess } from "./remote-access.ts";
import type { Removal } from "./removal.ts";

/** Takes a group away. Its role's access entry stays, as on EKS. */
export async function deleteNodegroup(deps: ControllerDeps, group: Group, removal: Removal, failures: number): Promise<Again | undefined> {
  const { key, clusterKey, nodegroup } = group;
  try {
    const kube = deps.clusters.kube(clusterKey, NODE_MANAGER);
    let left = 0;
    for (const instance of await listInstances(deps, group)) {
      if ((await removal.step(group, instance, kube)) !== "gone") left++;
    }
    if (left > 0) return { after: Math.min(500, deps.timing.drainLimit / 4) };
    await forgetDead(deps, group, new Set());
    await deleteTemplate(deps, group);
    await deleteProfile(deps, group);
    await deleteRemoteAccess(deps, group);
  } catch (error) {
    const failure = failureOf(error, failures);
    if (!failure) throw error;
    deps.log.warn({ nodegroup: key, code: failure.nodegroup, reason: failure.message }, "node group could not be deleted");
    amendGroup(deps, key, "DELETING", { status: "DELETE_FAILED", health: [issueOf(failure)] });
    return undefined;
  }
  const wait = remaining(deps.clock.now(), nodegroup.deletingSince ?? deps.clock.now(), deps.timing.nodegroupDelete);
  if (wait > 0) return { after: wait };
  deps.state.store.transact(() => {
    for (const [updateKey, update] of deps.state.updates.entries(`${clusterKey}/`)) {
      if (update.scope.nodegroupName === nodegroup.name) deps.state.updates.delete(updateKey);
    }
    deps.state.nodegroups.delete(key);
    forgetScalingGroup(deps, group);
  });
  return undefined;
}
