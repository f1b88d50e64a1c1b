// One simulated Windows node: a kubelet whose pods have the addresses that the VPC resource controller gives them (spec vpc-cni §7.3).
import type { Timer } from "../base/clock.ts";
import type { EmbeddedCluster } from "../clusters/embedded-cluster.ts";
import { readPodAddress } from "../cni/windows/pod-address.ts";
import type { KubeObject } from "../kubernetes/api/object.ts";
import type { PodNetwork, PodNetworkResult } from "../kubernetes/kubelet/types.ts";
import { ImdsServer } from "./imds/server.ts";
import { hindrance, statusIn } from "./join.ts";
import { NodeCredentials } from "./node-credentials.ts";
import type { NodeBoot, NodeStatus } from "./node-runtime.ts";
import type { NodeEnvironment } from "./simulated-node.ts";
import { windowsFacts } from "./windows-facts.ts";

const JOIN_RETRY = 2000;
/** What the CNI of Windows says of a pod that nobody gave an address (EKS User Guide, "Troubleshoot Windows support"). */
const NO_ADDRESS =
  'plugin type="vpc-bridge" name="vpc" failed (add): failed to parse Kubernetes args: pod does not have label vpc.amazonaws.com/PrivateIPv4Address';

/** A Windows node. Kubelet, kube-proxy and CNI are services of the machine: no add-on brings it up, and it has no Pod Identity agent. */
export class WindowsNode {
  readonly boot: NodeBoot;
  readonly #release: string;
  readonly #environment: NodeEnvironment;
  readonly #imds: ImdsServer;
  readonly #changed: () => void;
  #cluster: EmbeddedCluster | undefined;
  #subscription: { close(): void } | undefined;
  #retry: Timer | undefined;
  #closed = false;

  /** `release` is that of Windows Server: `2022`. */
  constructor(boot: NodeBoot, release: string, environment: NodeEnvironment, changed: () => void) {
    const { sessions, clock, invoke } = environment;
    this.boot = boot;
    this.#release = release;
    this.#environment = environment;
    this.#changed = changed;
    this.#imds = new ImdsServer({ boot, credentials: new NodeCredentials(boot, sessions, clock), invoke, clock });
  }

  /** Joins the cluster, as often as it takes: a node whose role the cluster does not know keeps knocking. */
  async join(): Promise<void> {
    if (this.#closed) return;
    const { cluster: find, clock, log } = this.#environment;
    const { clusterKey, instanceId, privateDnsName: node } = this.boot;
    try {
      const cluster = find(clusterKey);
      const hindered = await hindrance(this.#environment, cluster, this.boot, instanceId);
      if (cluster && !hindered) return await this.#run(cluster);
      log.info({ node, hindered }, "Windows node cannot join yet");
    } catch (error) {
      log.warn({ node, error: (error as Error).message }, "Windows node could not join");
    }
    if (!this.#closed) this.#retry = clock.after(JOIN_RETRY, () => void this.join());
  }

  get status(): NodeStatus {
    return statusIn(this.#cluster, this.boot.privateDnsName);
  }

  /** The agent does not run on Windows. */
  agentUrl(): Promise<undefined> {
    return Promise.resolve(undefined);
  }

  /** URL of the instance's metadata service; undefined if the instance does not let the pod reach it. */
  imdsUrl(pod: { readonly hostNetwork: boolean }): Promise<string | undefined> {
    return this.#imds.urlFor(pod);
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#retry?.cancel();
    this.#subscription?.close();
    this.#cluster?.fleet.remove(this.boot.privateDnsName);
    await this.#imds.close();
  }

  async #run(cluster: EmbeddedCluster): Promise<void> {
    const { privateDnsName: name } = this.boot;
    const { stores } = cluster.running;
    this.#cluster = cluster;
    await cluster.fleet.add(
      windowsFacts(this.boot, this.#release),
      podNetwork(() => stores.podsOn(name)),
    );
    let told = this.status;
    this.#subscription = stores.of("nodes").follow("name", name, () => {
      // Heartbeats change the object and not the status.
      if (this.status !== told) this.#changed();
      told = this.status;
      // What the resource controller advertises becomes allocatable.
      void cluster.fleet
        .get(name)
        ?.refresh()
        .catch(() => {});
    });
    this.#changed();
  }
}

/** Pods have what their annotation says; `pods` are the node's as they are now. */
function podNetwork(pods: () => readonly KubeObject[]): PodNetwork {
  return {
    add: async ({ metadata: { uid } }): Promise<PodNetworkResult> => {
      const now = pods().find(({ metadata }) => metadata.uid === uid);
      const address = now && readPodAddress(now);
      if (address === undefined) throw new Error(NO_ADDRESS);
      return { ips: [address] };
    },
    delete: async () => {},
  };
}
