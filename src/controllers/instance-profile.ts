// Instance profiles that EKS makes for node roles, called `eks…` so that its service-linked roles may handle them.
import { AwsError } from "../aws/errors.ts";
import type { CallOptions, Invoke } from "../aws/operation.ts";
import type { RoleFacts } from "../services/ports.ts";

const codeOf = (error: unknown) => (error instanceof AwsError ? error.code : undefined);

const unlessGone = (error: unknown): undefined => {
  if (!codeOf(error)?.startsWith("NoSuchEntity")) throw error;
  return undefined;
};

/** Makes a profile with a role in it, unless it is there. `adder` puts the role in, and must be allowed to pass it. Throws IAM's error. */
export async function ensureInstanceProfile(
  invoke: Invoke,
  name: string,
  role: RoleFacts,
  service: CallOptions,
  adder: CallOptions = service,
): Promise<void> {
  const InstanceProfileName = name;
  const found = await invoke("iam", "GetInstanceProfile", { InstanceProfileName }, service).catch(unlessGone);
  if (!found) {
    await invoke("iam", "CreateInstanceProfile", { InstanceProfileName }, service).catch((error: unknown) => {
      if (!codeOf(error)?.startsWith("EntityAlreadyExists")) throw error;
    });
  }
  const held = found?.InstanceProfile?.Roles ?? [];
  if (held.some(({ Arn }) => Arn === role.arn)) return;
  for (const { RoleName } of held) {
    if (RoleName) await invoke("iam", "RemoveRoleFromInstanceProfile", { InstanceProfileName, RoleName }, service).catch(unlessGone);
  }
  await invoke("iam", "AddRoleToInstanceProfile", { InstanceProfileName, RoleName: role.name }, adder);
}

/** Takes a profile away, with the role in it; whatever of it is gone already is fine. */
export async function deleteInstanceProfile(invoke: Invoke, InstanceProfileName: string, service: CallOptions): Promise<void> {
  const found = await invoke("iam", "GetInstanceProfile", { InstanceProfileName }, service).catch(unlessGone);
  for (const { RoleName } of found?.InstanceProfile?.Roles ?? []) {
    if (RoleName) await invoke("iam", "RemoveRoleFromInstanceProfile", { InstanceProfileName, RoleName }, service).catch(unlessGone);
  }
  await invoke("iam", "DeleteInstanceProfile", { InstanceProfileName }, service).catch(unlessGone);
}
