// The container runtime's part of a pod's network: runs the plugin, keeps its results, hands them back (CNI specification, "Section 4").
import type { Log } from "../../base/log.ts";
import { conflist } from "../../cni/datapath/conflist.ts";
import type { ModelDriver } from "../../cni/datapath/model-driver.ts";
import { type PluginOutput, runPlugin } from "../../cni/plugin/command.ts";
import { runtimeConfig, writeArgs } from "../../cni/plugin/conf.ts";
import type { PolicyAgent } from "../../cni/plugin/driver.ts";
import { addressesIn, type CniResult } from "../../cni/plugin/result.ts";
import type { CniRpc } from "../../cni/rpc/messages.ts";
import type { Environment } from "../../cni/settings.ts";
import type { KubeObject } from "../../kubernetes/api/object.ts";

const IF_NAME = "eth0";
const DEFAULT_VERSION = "v1.23.1";

/** What the plugin finds on the node. */
export interface SandboxSurroundings {
  readonly driver: ModelDriver;
  readonly log: Log;
  dial(): Promise<CniRpc>;
  dialPolicyAgent(): Promise<PolicyAgent>;
}

/** Whose sandbox it is. */
type SandboxPod = Pick<KubeObject["metadata"], "namespace" | "name" | "uid">;

/** Version of daemon and plugin, which are of one build. */
export const cniVersion = (environment: Environment): string => environment.VPC_CNI_VERSION || DEFAULT_VERSION;

/** Pods' sandboxes of one node. The plugin's configuration is the one installed last. */
export class Sandboxes {
  readonly #surroundings: SandboxSurroundings;
  /** What ADD printed, by pod uid. */
  readonly #results = new Map<string, string>();
  #conf: Record<string, unknown> = {};
  #version = DEFAULT_VERSION;

  constructor(surroundings: SandboxSurroundings) {
    this.#surroundings = surroundings;
  }

  /** Installs plugin and conflist, as aws-node's entrypoint does. `nodeIp` is the node's address for the egress plugin. */
  install(environment: Environment, nodeIp: string): void {
    const { cniVersion: version, name, plugins } = conflist(environment, nodeIp);
    this.#conf = { ...plugins[0], cniVersion: version, name };
    this.#version = cniVersion(environment);
  }

  /** Adds a pod; its addresses, those of further network cards after the first. Throws with the plugin's message. */
  async add(pod: KubeObject): Promise<string[]> {
    const { annotations } = pod.metadata;
    const { uid } = pod.metadata;
    const output = await this.#run("ADD", pod.metadata, { ...(annotations && runtimeConfig(annotations)) });
    if (output.exitCode !== 0) {
      // What a failed ADD may have left is taken away at once, as containerd does.
      await this.#run("DEL", pod.metadata, {});
      throw new Error(JSON.parse(output.stdout).msg);
    }
    this.#results.set(uid, output.stdout);
    return addressesIn(JSON.parse(output.stdout) as CniResult, IF_NAME).map(({ address }) => address);
  }

  /** Removes a pod. Throws with the plugin's message; the pod then is to be removed again. */
  async delete(pod: SandboxPod): Promise<void> {
    const result = this.#results.get(pod.uid);
    const output = await this.#run("DEL", pod, result === undefined ? {} : { prevResult: JSON.parse(result) });
    if (output.exitCode !== 0) throw new Error(JSON.parse(output.stdout).msg);
    this.#results.delete(pod.uid);
  }

  #run(command: string, { namespace = "", name, uid }: SandboxPod, more: object): Promise<PluginOutput> {
    const args = writeArgs({ namespace, name, uid, infraContainerId: uid });
    const stdin = JSON.stringify({ ...this.#conf, ...more });
    const call = { command, containerId: uid, netns: `/var/run/netns/cni-${uid}`, ifName: IF_NAME, args, stdin };
    return runPlugin(call, { ...this.#surroundings, version: this.#version });
  }
}
