// The instance profile `eks-<uuid>` that carries a node group's role (spec eks-control-plane §3.4).
import { AwsError } from "../../aws/errors.ts";
import { asService } from "../../services/eks/service-roles.ts";
import type { ControllerDeps } from "../deps.ts";
import { Failure } from "../issues.ts";
import { type Group, ownedName } from "./instances.ts";

type Deps = Pick<ControllerDeps, "invoke" | "directory" | "sessions">;

const codeOf = (error: unknown) => (error instanceof AwsError ? error.code : undefined);

/** Makes the profile with the node role in it, unless it is there. Throws Failure IamNodeRoleNotFound if the role is gone. */
export async function ensureProfile(deps: Deps, { cluster, nodegroup }: Group): Promise<void> {
  const service = asService(deps, cluster, "nodegroup");
  const role = deps.directory.role(nodegroup.nodeRole);
  if (!role) {
    throw new Failure(
      { cluster: "IamRoleNotFound", nodegroup: "IamNodeRoleNotFound", update: "AccessDenied" },
      `The IAM role ${nodegroup.nodeRole} was not found`,
      [nodegroup.nodeRole],
    );
  }
  const name = ownedName(nodegroup);
  const found = await deps.invoke("iam", "GetInstanceProfile", { InstanceProfileName: name }, service).catch((error: unknown) => {
    if (codeOf(error) !== "NoSuchEntity" && codeOf(error) !== "NoSuchEntityException") throw error;
    return undefined;
  });
  if (!found) {
    await deps.invoke("iam", "CreateInstanceProfile", { InstanceProfileName: name }, service).catch((error: unknown) => {
      if (!codeOf(error)?.startsWith("EntityAlreadyExists")) throw error;
    });
  }
  if (found?.InstanceProfile?.Roles?.some((held) => held.Arn === role.arn)) return;
  await deps.invoke("iam", "AddRoleToInstanceProfile", { InstanceProfileName: name, RoleName: role.name }, service);
}

/** Takes the profile away; whatever of it is gone already is fine. */
export async function deleteProfile(deps: Deps, { cluster, nodegroup }: Group): Promise<void> {
  const service = asService(deps, cluster, "nodegroup");
  const name = ownedName(nodegroup);
  const gone = (error: unknown) => {
    if (!codeOf(error)?.startsWith("NoSuchEntity")) throw error;
  };
  const roleName = nodegroup.nodeRole.split("/").pop()!;
  await deps.invoke("iam", "RemoveRoleFromInstanceProfile", { InstanceProfileName: name, RoleName: roleName }, service).catch(gone);
  await deps.invoke("iam", "DeleteInstanceProfile", { InstanceProfileName: name }, service).catch(gone);
}
