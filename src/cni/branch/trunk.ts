// Finds or makes the trunk interface of a node (spec vpc-cni §6.4).
import type { Clock } from "../../base/clock.ts";
import { instanceType } from "../../vpc/instance-types.ts";
import { type Pace, retry } from "../ipamd/retry.ts";
import type { ControllerEc2, NodeInstance } from "./ec2.ts";
import { CLUSTER_TAG, CONTROLLER_OWNER, INSTANCE_TAG, OWNER_TAG } from "./names.ts";

const DESCRIPTION = "aws-k8s-trunk-eni";
/** Of the wait for EC2 to attach the trunk. */
const ATTACH_PACE: Pace = { tries: 7, first: 1000, longest: 64_000 };

/** Where a node's trunk and branches are made: the instance's own network, or its ENIConfig's. */
export interface BranchNetwork {
  readonly subnetId: string;
  readonly groups: readonly string[];
}

/** Branch interfaces a node of the type can have; 0: it cannot carry a trunk, or is not known. */
export function branchCapacity(type: string): number {
  return instanceType(type)?.branches ?? 0;
}

/** Tags of everything the controller makes for an instance. */
export function ownerTags(clusterName: string, instanceId: string): Record<string, string> {
  return {
    [INSTANCE_TAG]: instanceId,
    [OWNER_TAG]: CONTROLLER_OWNER,
    [CLUSTER_TAG]: clusterName,
    [`kubernetes.io/cluster/${clusterName}`]: "owned",
  };
}

/**
 * The id of the instance's trunk, attached, and whether it was made by this call. Rejects with EC2's error, or if an interface has no
 * type, no device index is free, or the trunk does not become attached.
 */
export async function ensureTrunk(
  ec2: ControllerEc2,
  clock: Clock,
  clusterName: string,
  instance: NodeInstance,
  network: BranchNetwork,
): Promise<{ readonly id: string; readonly isNew: boolean }> {
  const untyped = instance.interfaces.find(({ type }) => type === undefined);
  if (untyped) throw new Error(`received an empty network interface type, for interface ${untyped.id}`);
  const present = instance.interfaces.find(({ type }) => type === "trunk");
  const id = present?.id ?? (await makeTrunk(ec2, clusterName, instance, network));
  await retry(clock, ATTACH_PACE, async () => {
    if ((await ec2.status(id)) !== "in-use") throw new Error(`network interface ${id} is not attached to the instance`);
  });
  return { id, isNew: present === undefined };
}

async function makeTrunk(ec2: ControllerEc2, clusterName: string, instance: NodeInstance, network: BranchNetwork): Promise<string> {
  const { instanceId } = instance;
  const deviceIndex = highestFreeIndex(instance);
  const tags = ownerTags(clusterName, instanceId);
  const { id } = await ec2.create({ ...network, description: DESCRIPTION, type: "trunk", tags });
  try {
    await ec2.attach(id, instanceId, deviceIndex);
  } catch (error) {
    await ec2.delete(id).catch(() => {});
    throw error;
  }
  return id;
}

/** From the top, because ipamd takes indexes from the bottom. */
function highestFreeIndex({ instanceType: name, interfaces }: NodeInstance): number {
  const limit = instanceType(name)?.cards[0] ?? 0;
  const used = new Set(interfaces.filter(({ cardIndex }) => cardIndex === 0).map(({ deviceIndex }) => deviceIndex));
  for (let index = limit - 1; index >= 0; index--) if (!used.has(index)) return index;
  throw new Error("no free device index found");
}
