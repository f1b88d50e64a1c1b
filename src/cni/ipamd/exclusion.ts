// Keeps up with the subnets' tags: interfaces in excluded subnets serve no new pods (spec vpc-cni §3.7).
import type { IpamdContext } from "./context.ts";
import { isExcluded } from "./subnet-choice.ts";

/** Judges every interface of the pool by its subnet's tags. When EC2 does not answer, the judgement made before stands. */
export async function refreshExclusion(context: IpamdContext): Promise<void> {
  const { store, settings, instance, ec2, log } = context;
  if (settings.customNetworking || settings.ipv6) return;
  try {
    const subnets = await ec2.subnets(instance.vpcId, instance.zone);
    for (const eni of store.enis.values()) eni.isExcluded = isExcluded(subnets, eni.subnetId, settings.clusterName);
  } catch (error) {
    log.warn({ instance: instance.instanceId, error: (error as Error).message }, "subnets could not be read; their exclusion is unknown");
  }
}
