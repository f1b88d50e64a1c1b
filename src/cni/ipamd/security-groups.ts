// Keeps the node's other interfaces in the primary interface's security groups (Amazon VPC CNI, refresh of security groups).
import { isPrimary } from "./classify.ts";
import type { IpamdContext } from "./context.ts";
import type { InterfaceFacts } from "./ec2.ts";

/** Follows a change of the primary interface's groups; the first look counts as one. ENIConfig's groups are left alone. Rejects with EC2's error. */
export async function followGroups(context: IpamdContext, interfaces: readonly InterfaceFacts[]): Promise<void> {
  const { settings, ec2, store } = context;
  const wanted = interfaces.find(isPrimary)?.groups;
  if (!wanted || settings.customNetworking || !settings.provisioning || isSame(wanted, context.groups)) return;
  for (const eni of interfaces) {
    const known = store.enis.get(eni.id);
    if (!known || known.isPrimary || known.isTrunk || isSame(wanted, eni.groups)) continue;
    await ec2.setGroups(eni.id, wanted);
  }
  context.groups = wanted;
}

function isSame(one: readonly string[], other: readonly string[] | undefined): boolean {
  return other !== undefined && one.length === other.length && one.every((group) => other.includes(group));
}
