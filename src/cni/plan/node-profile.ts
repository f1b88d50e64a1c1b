// What a node holds with 0, 1, 2 … pods: the real ipamd, run to rest after every pod (spec vpc-cni §3.6).
import { FakeClock } from "../../base/clock.ts";
import { silentLog } from "../../base/log.ts";
import { type InstanceType, supportsPrefixes } from "../../vpc/instance-types.ts";
import { Ipamd } from "../ipamd/ipamd.ts";
import type { IpamSettings } from "../settings.ts";
import { CountedEc2, type Holding } from "./counted-ec2.ts";

/** Holdings by number of pods with addresses. `stuckAt`: the pod of this number (from 1) got no address however long it waited. */
export interface NodeProfile {
  readonly holdings: readonly Holding[];
  readonly stuckAt: number | undefined;
}

/**
 * Puts up to `pods` pods on a node, one after the other, and lets the pool come to rest each time. Custom networking needs nothing but the
 * settings; trunk and branches are not the pool's. Rejects if ipamd refuses to start.
 */
export async function profileNode(type: InstanceType, settings: IpamSettings, pods: number, maxPods: number): Promise<NodeProfile> {
  const ec2 = new CountedEc2();
  const ipamd = new Ipamd({
    instance: {
      ...{ instanceId: ec2.instanceId, vpcId: "planned", zone: "planned", subnetId: "planned" },
      ...{ maxEnis: type.cards[0] ?? 1, ipv4PerEni: type.ipv4PerInterface, nitro: supportsPrefixes(type), trunkCapable: type.branches > 0 },
    },
    settings,
    ec2,
    // Nothing is waited for: the planner looks at the pool itself, and a clock that stands still never shrinks it.
    clock: new FakeClock(),
    log: silentLog,
    maxPods: () => maxPods,
    isCordoned: () => false,
    period: 5000,
    eniConfig: () => ({ subnetId: "planned", securityGroups: [] }),
  });
  try {
    await ipamd.start([]);
    await comeToRest(ipamd, ec2);
    const holdings = [ec2.holding];
    for (let pod = 1; pod <= pods; pod++) {
      const name = `pod-${pod}`;
      try {
        await ipamd.assign({ containerId: name, ifName: "eth0" }, { namespace: "planned", name, uid: name });
      } catch {
        return { holdings, stuckAt: pod };
      }
      await comeToRest(ipamd, ec2);
      holdings.push(ec2.holding);
    }
    return { holdings, stuckAt: undefined };
  } finally {
    ipamd.close();
  }
}

/** Looks at the pool until nothing changes any more. */
async function comeToRest(ipamd: Ipamd, ec2: CountedEc2): Promise<void> {
  for (let before = ""; ; ) {
    await ipamd.manage();
    const now = JSON.stringify(ec2.holding);
    if (now === before) return;
    before = now;
  }
}

/** Addresses of the subnet behind a holding. */
export function addressesOf({ interfaces, addresses, prefixes }: Holding): number {
  return interfaces + addresses + 16 * prefixes;
}
