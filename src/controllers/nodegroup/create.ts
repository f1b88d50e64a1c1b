// CREATING to ACTIVE: profile, access, instances, nodes (spec eks-control-plane §13.1).
import type { ControllerDeps } from "../deps.ts";
import { Failure, failureOf } from "../issues.ts";
import type { Again } from "../loop.ts";
import { remaining } from "../timing.ts";
import { amendGroup, issueOf } from "./amend.ts";
import type { Group } from "./group.ts";
import { ensureTemplate } from "./launch-template.ts";
import { ensureProfile } from "./profile.ts";
import { ensureRemoteAccess } from "./remote-access.ts";
import type { Removal } from "./removal.ts";
import { admitRole, holdSize } from "./scale.ts";
import { checkSubnets } from "./subnets.ts";

/** Takes a new group as far as it goes. A failure that trying again cannot mend leaves it CREATE_FAILED with a health issue. */
export async function createNodegroup(deps: ControllerDeps, group: Group, removal: Removal, failures: number): Promise<Again | undefined> {
  try {
    return await provision(deps, group, removal);
  } catch (error) {
    const failure = failureOf(error, failures);
    if (!failure) throw error;
    deps.log.warn({ nodegroup: group.key, code: failure.nodegroup, reason: failure.message }, "node group could not be created");
    amendGroup(deps, group.key, "CREATING", { status: "CREATE_FAILED", health: [issueOf(failure)] });
    return undefined;
  }
}

async function provision(deps: ControllerDeps, group: Group, removal: Removal): Promise<Again | undefined> {
  const { nodegroup, cluster, key } = group;
  if (cluster.status !== "ACTIVE" && cluster.status !== "UPDATING") return { after: 1000 };
  await checkSubnets(deps, group);
  await ensureProfile(deps, group);
  const remoteAccessSecurityGroup = await ensureRemoteAccess(deps, group);
  const current = amendGroup(deps, key, "CREATING", remoteAccessSecurityGroup ? { remoteAccessSecurityGroup } : {});
  if (!current) return undefined;
  await admitRole(deps, group);
  await ensureTemplate(deps, { ...group, nodegroup: current }, current);
  const { instances, ready } = await holdSize(deps, { ...group, nodegroup: current }, removal, current);

  const now = deps.clock.now();
  if (ready.length < instances.length) {
    const patience = remaining(now, nodegroup.createdAt, deps.timing.joinLimit);
    if (patience > 0) return { after: Math.min(patience, 1000) };
    const missing = instances.filter((instance) => !ready.includes(instance)).map((instance) => instance.InstanceId!);
    throw new Failure(
      { cluster: "Other", nodegroup: "NodeCreationFailure", update: "NodeCreationFailure" },
      "Instances failed to join the kubernetes cluster",
      missing,
    );
  }
  const wait = remaining(now, nodegroup.createdAt, deps.timing.nodegroupCreate);
  if (wait > 0) return { after: wait };
  amendGroup(deps, key, "CREATING", { status: "ACTIVE", health: [], modifiedAt: now });
  return undefined;
}
