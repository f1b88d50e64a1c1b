// The network built into Auto Mode's nodes: prefixes on the primary interface, in the name of the cluster role (spec eks-control-plane §16.6).
import type { Caller } from "../aws/caller.ts";
import type { Invoke } from "../aws/operation.ts";
import type { Clock } from "../base/clock.ts";
import type { Log } from "../base/log.ts";
import { autoMaxPods } from "../clusters/auto-mode/instances/offerings.ts";
import type { Ec2 } from "../cni/ipamd/ec2.ts";
import { ec2Calls } from "../cni/ipamd/ec2-calls.ts";
import { isShortage } from "../cni/ipamd/errors.ts";
import { Ipamd } from "../cni/ipamd/ipamd.ts";
import { readSettings } from "../cni/settings.ts";
import type { KubeObject } from "../kubernetes/api/object.ts";
import type { PodNetwork, PodNetworkResult } from "../kubernetes/kubelet/types.ts";
import { instanceType, supportsPrefixes } from "../vpc/instance-types.ts";
import type { AutoMachine, NodeBoot } from "./node-runtime.ts";

const IF_NAME = "eth0";
const VERSION = "auto";

/** What the network works with. */
export interface AutoNetworkOptions {
  readonly boot: NodeBoot;
  readonly machine: AutoMachine;
  readonly vpcId: string;
  readonly ipv6: boolean;
  readonly invoke: Invoke;
  /** The cluster role's session, for what changes addresses. */
  clusterRole(): Caller;
  /** EKS's service-linked role, which may look and delete. */
  serviceLinkedRole(): Caller;
  readonly clock: Clock;
  readonly log: Log;
  readonly poolPeriod: number;
  pods(): readonly KubeObject[];
  isCordoned(): boolean;
}

/** A node's pod network. */
export class AutoNetwork implements PodNetwork {
  readonly #options: AutoNetworkOptions;
  readonly #ipamd: Ipamd;

  constructor(options: AutoNetworkOptions) {
    this.#options = options;
    const { boot, machine, vpcId, ipv6, clock, log, poolPeriod, isCordoned } = options;
    const type = instanceType(boot.instanceType);
    const settings = readSettings({
      ENABLE_IPv4: String(!ipv6),
      ENABLE_IPv6: String(ipv6),
      ENABLE_PREFIX_DELEGATION: "true",
      WARM_PREFIX_TARGET: "1",
      ENABLE_SUBNET_DISCOVERY: "false",
      DISABLE_LEAKED_ENI_CLEANUP: "true",
      AWS_VPC_K8S_CNI_CUSTOM_NETWORK_CFG: String(machine.podNetwork !== undefined),
    });
    this.#ipamd = new Ipamd({
      instance: {
        instanceId: boot.instanceId,
        vpcId,
        zone: boot.availabilityZone,
        subnetId: boot.subnetId,
        maxEnis: type?.cards[0] ?? 3,
        ipv4PerEni: type?.ipv4PerInterface ?? 10,
        nitro: type ? supportsPrefixes(type) : true,
      },
      settings,
      ec2: autoEc2(options),
      ...{ clock, log, isCordoned, period: poolPeriod },
      maxPods: () => autoMaxPods(type),
      eniConfig: () => {
        if (!machine.podNetwork) throw new Error("the node class selects no pod subnets");
        return machine.podNetwork;
      },
    });
  }

  /** Fills the pool; pods that are there keep what they hold. Rejects with EC2's error. */
  start(): Promise<void> {
    const held = this.#options.pods().flatMap((pod) => {
      const { namespace = "", name, uid } = pod.metadata;
      const address: string | undefined = pod.status?.podIP;
      const done = pod.status?.phase === "Succeeded" || pod.status?.phase === "Failed";
      if (!address || done || pod.spec.hostNetwork) return [];
      return [{ key: { containerId: uid, ifName: IF_NAME }, meta: { namespace, name, uid }, address }];
    });
    return this.#ipamd.start(held);
  }

  async add(pod: KubeObject): Promise<PodNetworkResult> {
    const { namespace = "", name, uid } = pod.metadata;
    try {
      const { address } = await this.#ipamd.assign({ containerId: uid, ifName: IF_NAME }, { namespace, name, uid });
      return { ips: [address] };
    } catch (error) {
      this.#options.log.info({ pod: `${namespace}/${name}`, cause: (error as Error).message }, "no address for pod");
      throw new Error("add cmd: failed to assign an IP address to container");
    }
  }

  async delete({ uid }: { uid: string }): Promise<void> {
    this.#ipamd.unassign({ containerId: uid, ifName: IF_NAME });
  }

  close(): void {
    this.#ipamd.close();
  }
}

/** EC2 for Auto Mode: two identities, its own tags, and single addresses where a subnet has no /28 left. */
function autoEc2({ boot, invoke, clusterRole, serviceLinkedRole, clock }: AutoNetworkOptions): Ec2 {
  const place = { region: boot.region, sourceIp: "eks.amazonaws.com", version: VERSION, clock };
  const changing = ec2Calls(invoke, clusterRole, place);
  const looking = ec2Calls(invoke, serviceLinkedRole, place);
  return {
    ...changing,
    interfacesOf: looking.interfacesOf,
    describe: looking.describe,
    unusedInterfaces: looking.unusedInterfaces,
    subnets: looking.subnets,
    delete: looking.delete,
    createInterface: (input) =>
      changing.createInterface({
        ...input,
        tags: { "eks:eks-cluster-name": boot.clusterName, "eks:kubernetes-cni-node-name": boot.privateDnsName },
      }),
    async assign(interfaceId, wish) {
      try {
        return await changing.assign(interfaceId, wish);
      } catch (error) {
        if (!("prefixes" in wish) || !isShortage(error)) throw error;
        const singles = await changing.assign(interfaceId, { addresses: wish.prefixes });
        return singles.map((address) => `${address}/32`);
      }
    },
    // Interfaces carry Auto Mode's tags from the start.
    createTags: () => Promise.resolve(),
  };
}
