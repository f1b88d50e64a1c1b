// The instance profile `eks-<uuid>` that carries a node group's role (spec eks-control-plane §3.4).
import type { NodegroupRecord } from "../../services/eks/records.ts";
import { asService } from "../../services/eks/service-roles.ts";
import type { ControllerDeps } from "../deps.ts";
import { deleteInstanceProfile, ensureInstanceProfile } from "../instance-profile.ts";
import { Failure } from "../issues.ts";
import type { Group } from "./group.ts";

/** Name of the instance profile, and of the launch template. */
export const ownedName = (nodegroup: NodegroupRecord) => `eks-${nodegroup.uuid}`;

type Deps = Pick<ControllerDeps, "invoke" | "directory" | "sessions">;

/** Makes the profile with the node role in it, unless it is there. Throws Failure IamNodeRoleNotFound if the role is gone. */
export async function ensureProfile(deps: Deps, { cluster, nodegroup }: Group): Promise<void> {
  const role = deps.directory.role(nodegroup.nodeRole);
  if (!role) {
    throw new Failure(
      { cluster: "IamRoleNotFound", nodegroup: "IamNodeRoleNotFound", update: "AccessDenied" },
      `The IAM role ${nodegroup.nodeRole} was not found`,
      [nodegroup.nodeRole],
    );
  }
  await ensureInstanceProfile(deps.invoke, ownedName(nodegroup), role, asService(deps, cluster, "nodegroup"));
}

/** Takes the profile away; whatever of it is gone already is fine. */
export function deleteProfile(deps: Deps, { cluster, nodegroup }: Group): Promise<void> {
  return deleteInstanceProfile(deps.invoke, ownedName(nodegroup), asService(deps, cluster, "nodegroup"));
}
