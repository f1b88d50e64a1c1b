// Detaches and deletes an interface (spec vpc-cni §3.8).
import type { Ec2 } from "./ec2.ts";

/** Frees the interface; one that is gone already counts as freed. Rejects with EC2's error. */
export async function freeInterface(interfaceId: string, instanceId: string, ec2: Ec2): Promise<void> {
  const attachmentId = (await ec2.interfacesOf(instanceId)).find((eni) => eni.id === interfaceId)?.attachmentId;
  try {
    if (attachmentId) await ec2.detach(attachmentId);
    await ec2.delete(interfaceId);
  } catch (error) {
    if ((error as { code?: string }).code !== "InvalidNetworkInterfaceID.NotFound") throw error;
  }
}
