// All nodes of the process: the implementation of NodeRuntime.
import { AutoNode } from "./auto-node.ts";
import { FargateNode } from "./fargate-node.ts";
import type { NodeBoot, NodeRuntime, NodeStatus } from "./node-runtime.ts";
import { type NodeEnvironment, SimulatedNode } from "./simulated-node.ts";
import { windowsRelease } from "./windows-facts.ts";
import { WindowsNode } from "./windows-node.ts";

type RunningNode = SimulatedNode | FargateNode | AutoNode | WindowsNode;

/** Nodes by instance id. */
export class SimulatedNodes implements NodeRuntime {
  readonly #environment: NodeEnvironment;
  readonly #nodes = new Map<string, RunningNode>();
  readonly #listeners = new Set<(instanceId: string, boot?: NodeBoot) => void>();

  constructor(environment: NodeEnvironment) {
    this.#environment = environment;
  }

  async boot(boot: NodeBoot): Promise<void> {
    if (!this.#nodes.has(boot.instanceId)) this.#start(boot);
  }

  /** The cluster's server was made anew: kubelets connect to it again, as they do after a control-plane upgrade. */
  async rejoin(clusterKey: string): Promise<void> {
    const nodes = [...this.#nodes.values()].filter(({ boot }) => boot.clusterKey === clusterKey);
    for (const { boot } of nodes) this.#nodes.delete(boot.instanceId);
    await Promise.all(nodes.map((node) => node.close()));
    for (const { boot } of nodes) await this.boot(boot);
  }

  async shutdown(instanceId: string): Promise<void> {
    const node = this.#nodes.get(instanceId);
    this.#nodes.delete(instanceId);
    await node?.close();
    if (node) this.#tell(node.boot);
  }

  status(instanceId: string): NodeStatus {
    return this.#nodes.get(instanceId)?.status ?? "absent";
  }

  watch(listener: (instanceId: string, boot?: NodeBoot) => void): { close(): void } {
    this.#listeners.add(listener);
    return { close: () => this.#listeners.delete(listener) };
  }

  /** The node of a cluster by its name; undefined if none runs. */
  byName(clusterKey: string, name: string): RunningNode | undefined {
    return [...this.#nodes.values()].find(({ boot }) => boot.clusterKey === clusterKey && boot.privateDnsName === name);
  }

  async close(): Promise<void> {
    await Promise.all([...this.#nodes.values()].map((node) => node.close()));
    this.#nodes.clear();
  }

  #start(boot: NodeBoot): void {
    const changed = () => this.#tell(boot);
    const node = this.#make(boot, changed);
    this.#nodes.set(boot.instanceId, node);
    void node.join();
  }

  #make(boot: NodeBoot, changed: () => void): RunningNode {
    if (boot.fargate) return new FargateNode(boot, boot.fargate, this.#environment, changed);
    if (boot.auto) return new AutoNode(boot, boot.auto, this.#environment, changed);
    const windows = windowsRelease(boot.amiType);
    if (windows) return new WindowsNode(boot, windows, this.#environment, changed);
    return new SimulatedNode(boot, this.#environment, changed);
  }

  #tell(boot: NodeBoot): void {
    for (const listener of this.#listeners) listener(boot.instanceId, boot);
  }
}
