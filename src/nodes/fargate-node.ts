// One simulated Fargate machine: a kubelet for one pod, whose address is that of the machine's interface (EKS User Guide, "AWS Fargate").
import type { Timer } from "../base/clock.ts";
import type { EmbeddedCluster } from "../clusters/embedded-cluster.ts";
import type { NodeFacts, PodNetwork } from "../kubernetes/kubelet/types.ts";
import { hindrance, statusIn } from "./join.ts";
import { nodeFacts } from "./node-facts.ts";
import type { FargateMachine, NodeBoot, NodeStatus } from "./node-runtime.ts";
import type { NodeEnvironment } from "./simulated-node.ts";

const JOIN_RETRY = 2000;

/** A Fargate node. It has neither instance metadata nor daemon sets, hence no Pod Identity agent. */
export class FargateNode {
  readonly boot: NodeBoot;
  readonly #machine: FargateMachine;
  readonly #environment: NodeEnvironment;
  readonly #changed: () => void;
  #cluster: EmbeddedCluster | undefined;
  #subscription: { close(): void } | undefined;
  #retry: Timer | undefined;
  #closed = false;

  constructor(boot: NodeBoot, machine: FargateMachine, environment: NodeEnvironment, changed: () => void) {
    this.boot = boot;
    this.#machine = machine;
    this.#environment = environment;
    this.#changed = changed;
  }

  /** Joins the cluster under the pod execution role, as often as it takes. */
  async join(): Promise<void> {
    if (this.#closed) return;
    const { cluster: find, clock, log } = this.#environment;
    try {
      const cluster = find(this.boot.clusterKey);
      // The session is named like the node: FARGATE_LINUX entries are `system:node:{{SessionName}}`.
      const hindered = await hindrance(this.#environment, cluster, this.boot, this.boot.privateDnsName);
      if (cluster && !hindered) return await this.#run(cluster);
    } catch (error) {
      log.warn({ node: this.boot.privateDnsName, error: (error as Error).message }, "Fargate node could not join");
    }
    this.#retry = clock.after(JOIN_RETRY, () => void this.join());
  }

  get status(): NodeStatus {
    return statusIn(this.#cluster, this.boot.privateDnsName);
  }

  /** There is no agent on Fargate. */
  agentUrl(): Promise<undefined> {
    return Promise.resolve(undefined);
  }

  /** There is no instance metadata on Fargate. */
  imdsUrl(): Promise<undefined> {
    return Promise.resolve(undefined);
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#retry?.cancel();
    this.#subscription?.close();
    this.#cluster?.fleet.remove(this.boot.privateDnsName);
  }

  async #run(cluster: EmbeddedCluster): Promise<void> {
    const name = this.boot.privateDnsName;
    this.#cluster = cluster;
    const { podAddress } = this.#machine;
    const network: PodNetwork = { add: async () => ({ ips: [podAddress] }), delete: async () => {} };
    await cluster.fleet.add(fargateFacts(this.boot, this.#machine), network);
    this.#subscription = cluster.running.stores.of("nodes").follow("name", name, () => this.#changed());
    this.#changed();
  }
}

/** The node object: what an EC2 node shows, with the machine's own size, room for one pod, and no instance type. */
export function fargateFacts(boot: NodeBoot, { vcpus, memoryMiB }: FargateMachine): NodeFacts {
  const facts = nodeFacts(boot);
  const size = { cpu: String(vcpus), memory: `${memoryMiB}Mi`, pods: "1" };
  const own = ["beta.kubernetes.io/instance-type", "node.kubernetes.io/instance-type"];
  return {
    ...facts,
    labels: Object.fromEntries(Object.entries(facts.labels).filter(([key]) => !own.includes(key))),
    capacity: { ...facts.capacity, ...size },
    allocatable: { ...facts.allocatable, ...size },
    nodeInfo: { ...facts.nodeInfo, osImage: "Amazon Linux 2 (simulated by Atoll)" },
  };
}
