// One simulated node of EKS Auto Mode: kubelet, network and Pod Identity agent as parts of the machine (spec eks-control-plane §16.4).
import type { Caller } from "../aws/caller.ts";
import type { Timer } from "../base/clock.ts";
import { autoCapacity } from "../clusters/auto-mode/instances/offerings.ts";
import type { EmbeddedCluster } from "../clusters/embedded-cluster.ts";
import type { NodeFacts } from "../kubernetes/kubelet/types.ts";
import { instanceType } from "../vpc/instance-types.ts";
import { AgentServer } from "./agent/server.ts";
import { AutoNetwork } from "./auto-network.ts";
import { eksAuthClient } from "./eks-auth-client.ts";
import { ImdsServer } from "./imds/server.ts";
import { hindrance, statusIn } from "./join.ts";
import { NodeCredentials } from "./node-credentials.ts";
import { nodeFacts } from "./node-facts.ts";
import type { AutoMachine, NodeBoot, NodeStatus } from "./node-runtime.ts";
import type { NodeEnvironment } from "./simulated-node.ts";

const JOIN_RETRY = 2000;
const EKS = "eks.amazonaws.com";

/** A node of Auto Mode. No add-on brings it up: it is ready as soon as it has addresses. */
export class AutoNode {
  readonly boot: NodeBoot;
  readonly #machine: AutoMachine;
  readonly #environment: NodeEnvironment;
  readonly #agent: AgentServer;
  readonly #imds: ImdsServer;
  readonly #changed: () => void;
  #cluster: EmbeddedCluster | undefined;
  #network: AutoNetwork | undefined;
  #subscription: { close(): void } | undefined;
  #retry: Timer | undefined;
  #closed = false;

  constructor(boot: NodeBoot, machine: AutoMachine, environment: NodeEnvironment, changed: () => void) {
    const { sessions, clock, endpoint, invoke } = environment;
    this.boot = boot;
    this.#machine = machine;
    this.#environment = environment;
    this.#changed = changed;
    const credentials = new NodeCredentials(boot, sessions, clock);
    this.#agent = new AgentServer(
      eksAuthClient(credentials, { endpoint, region: boot.region, clusterName: boot.clusterName, clock }),
      clock,
    );
    this.#imds = new ImdsServer({ boot, credentials, invoke, clock });
  }

  /** Joins the cluster, as often as it takes: a node whose role has no access entry keeps knocking. */
  async join(): Promise<void> {
    if (this.#closed) return;
    const { cluster: find, clock, log } = this.#environment;
    try {
      const cluster = find(this.boot.clusterKey);
      const hindered = await hindrance(this.#environment, cluster, this.boot, this.boot.instanceId);
      if (cluster && !hindered) return await this.#run(cluster);
      log.info({ node: this.boot.privateDnsName, hindered }, "Auto Mode node cannot join yet");
    } catch (error) {
      this.#network?.close();
      log.warn({ node: this.boot.privateDnsName, error: (error as Error).message }, "Auto Mode node could not join");
    }
    if (!this.#closed) this.#retry = clock.after(JOIN_RETRY, () => void this.join());
  }

  get status(): NodeStatus {
    return statusIn(this.#cluster, this.boot.privateDnsName);
  }

  /** The agent is part of the machine. */
  agentUrl(): Promise<string> {
    return this.#agent.url();
  }

  /** URL of the instance's metadata service; undefined if the instance does not let the pod reach it. */
  imdsUrl(pod: { readonly hostNetwork: boolean }): Promise<string | undefined> {
    return this.#imds.urlFor(pod);
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#retry?.cancel();
    this.#subscription?.close();
    this.#network?.close();
    this.#cluster?.fleet.remove(this.boot.privateDnsName);
    await Promise.all([this.#agent.close(), this.#imds.close()]);
  }

  async #run(cluster: EmbeddedCluster): Promise<void> {
    const { invoke, clock, log, poolPeriod } = this.#environment;
    const name = this.boot.privateDnsName;
    const { stores } = cluster.running;
    const network = new AutoNetwork({
      ...{ boot: this.boot, machine: this.#machine, invoke, clock, poolPeriod },
      log: log.child({ controller: "auto-network", node: name }),
      vpcId: cluster.facts.vpcId,
      ipv6: cluster.facts.ipFamily === "ipv6",
      clusterRole: () => this.#clusterRole(),
      serviceLinkedRole: () => this.#serviceLinkedRole(),
      pods: () => stores.podsOn(name),
      isCordoned: () => Boolean(stores.of("nodes").get("", name)?.spec?.unschedulable),
    });
    this.#network = network;
    await network.start();
    if (this.#closed) return network.close();
    this.#cluster = cluster;
    await cluster.fleet.add(autoFacts(this.boot, this.#machine), network);
    this.#subscription = stores.of("nodes").subscribe(({ object }) => {
      if (object.metadata.name === name) this.#changed();
    });
    this.#changed();
  }

  #clusterRole(): Caller {
    const { directory, sessions } = this.#environment;
    const { clusterRoleArn } = this.#machine;
    const role = directory.role(clusterRoleArn);
    if (!role) throw new Error(`the cluster role ${clusterRoleArn} does not exist`);
    return sessions.callerFor(role, "aws-eks-networking", { invokedBy: EKS, tags: { "eks:eks-cluster-name": this.boot.clusterName } });
  }

  #serviceLinkedRole(): Caller {
    const { directory, sessions } = this.#environment;
    return sessions.callerFor(directory.ensureServiceLinkedRole(this.boot.account, EKS), "EKS", { invokedBy: EKS });
  }
}

/** The node object: what an EC2 node shows, with Bottlerocket, the disk of the node class and at most 110 pods. */
function autoFacts(boot: NodeBoot, { diskGiB }: AutoMachine): NodeFacts {
  const facts = nodeFacts(boot);
  return {
    ...facts,
    ...autoCapacity(instanceType(boot.instanceType), diskGiB),
    nodeInfo: {
      ...facts.nodeInfo,
      kernelVersion: "6.12.46",
      kubeletVersion: `v${boot.version}.0-eks-a1b2c3d`,
      osImage: `Bottlerocket (EKS Auto, Standard) ${boot.releaseVersion} (simulated by Atoll)`,
    },
  };
}
