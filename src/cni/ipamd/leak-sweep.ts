// Deletes interfaces that a node made and lost before they were attached (spec vpc-cni §3.9).
import type { IpamdContext } from "./context.ts";
import { CREATED_TAG, createdAt } from "./tags.ts";

/** Between sweeps. */
export const SWEEP_PERIOD = 3_600_000;
const LONGEST_DELAY = 300_000;
/** Another node may be about to attach a younger interface. */
const MINIMUM_AGE = 300_000;
const DESCRIPTION = "aws-K8S-";

/** Deletes the VPC's leaked interfaces; one without a time of creation gets it now and waits for a later sweep. Rejects if EC2 does not list them. */
export async function sweepLeaked({ ec2, instance, settings, clock, log, isStopping }: IpamdContext): Promise<void> {
  for (const eni of await ec2.unusedInterfaces(instance.vpcId, settings.clusterName)) {
    if (isStopping() || !eni.description.startsWith(DESCRIPTION)) continue;
    const created = Date.parse(eni.tags[CREATED_TAG] ?? "");
    try {
      if (Number.isNaN(created)) await ec2.createTags(eni.id, { [CREATED_TAG]: createdAt(clock.now()) });
      else if (clock.now() - created >= MINIMUM_AGE) await ec2.delete(eni.id);
    } catch (error) {
      log.warn({ eni: eni.id, error: (error as Error).message }, "leaked interface could not be cleaned up");
    }
  }
}

/** Milliseconds before a node's first sweep: spread over the nodes by their ids. */
export function sweepDelay(instanceId: string): number {
  let hash = 0;
  for (const character of instanceId) hash = (Math.imul(hash, 31) + character.charCodeAt(0)) >>> 0;
  return hash % LONGEST_DELAY;
}
