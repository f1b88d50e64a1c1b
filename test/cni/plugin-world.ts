// A node's plugin over an ipamd that runs against the small EC2: calls go in as the container runtime makes them.
import { silentLog } from "../../src/base/log.ts";
import { runPlugin } from "../../src/cni/plugin/command.ts";
import { writeArgs } from "../../src/cni/plugin/conf.ts";
import type { BranchSetup, PodDriver, PodSetup } from "../../src/cni/plugin/driver.ts";
import type { CniResult } from "../../src/cni/plugin/result.ts";
import { cniBackend } from "../../src/cni/rpc/backend.ts";
import type { AddNetworkRequest, CniRpc, DelNetworkRequest } from "../../src/cni/rpc/messages.ts";
import type { KubeObject } from "../../src/kubernetes/api/object.ts";
import { type Rig, type RigOptions, rig, settle } from "./rig.ts";

export const VERSION = "v1.23.1";

/** A pod of namespace default whose uid is its name. */
export function pod(name: string, more: { annotations?: Record<string, string>; branch?: boolean; uid?: string } = {}): KubeObject {
  const resources = more.branch ? { limits: { "vpc.amazonaws.com/pod-eni": "1" } } : {};
  return {
    metadata: { namespace: "default", name, uid: more.uid ?? name, ...(more.annotations && { annotations: more.annotations }) },
    spec: { containers: [{ name: "c", resources }] },
  } as unknown as KubeObject;
}

export const addRequest = (name: string, change: Partial<AddNetworkRequest> = {}): AddNetworkRequest => ({
  ...{ ClientVersion: VERSION, K8S_POD_NAME: name, K8S_POD_NAMESPACE: "default", K8S_POD_INFRA_CONTAINER_ID: name },
  ...{ Netns: "/ns", ContainerID: name, IfName: "eth0", NetworkName: "aws-cni", RequiresMultiNICAttachment: false },
  ...change,
});

export const delRequest = (name: string, change: Partial<DelNetworkRequest> = {}): DelNetworkRequest => ({
  ...{ ClientVersion: VERSION, K8S_POD_NAME: name, K8S_POD_NAMESPACE: "default", K8S_POD_INFRA_CONTAINER_ID: name, K8S_POD_UID: name },
  ...{ Reason: "PodDeleted", ContainerID: name, IfName: "eth0", NetworkName: "aws-cni" },
  ...change,
});

/** A driver that writes down what it was told, and fails when `failure` is set. */
export class NotingDriver implements PodDriver {
  readonly done: string[] = [];
  failure: Error | undefined;

  setUp(pods: readonly PodSetup[]): void {
    this.#note(...pods.map(({ address, table, index }) => `setUp ${address} table ${table} index ${index}`));
  }
  tearDown(pods: readonly Pick<PodSetup, "address" | "table">[]): void {
    this.#note(...pods.map(({ address, table }) => `tearDown ${address} table ${table}`));
  }
  setUpBranch({ address, vlanId, mode, gateway }: BranchSetup): void {
    this.#note(`setUpBranch ${address} vlan ${vlanId} ${mode} via ${gateway}`);
  }
  tearDownBranch({ address, vlanId, mode }: Pick<BranchSetup, "address" | "vlanId" | "mode">): void {
    this.#note(`tearDownBranch ${address} vlan ${vlanId} ${mode}`);
  }

  #note(...lines: string[]): void {
    if (this.failure) throw this.failure;
    this.done.push(...lines);
  }
}

export interface PluginWorld {
  readonly made: Rig;
  readonly driver: NotingDriver;
  readonly rpc: CniRpc;
  /** Pods of the API server. */
  readonly pods: KubeObject[];
  /** Pods the policy agent was asked about. */
  readonly policed: string[];
  /** What the world is like. `rpc`: what the socket serves; undefined: nobody. */
  state: { rpc: CniRpc | undefined; agent: "answers" | "refuses" | "absent" };
  run(
    command: string,
    name: string,
    conf?: object | string,
    change?: { args?: string; netns?: string },
  ): Promise<{ code: 0 | 1; out: any }>;
}

/** Starts ipamd and puts the plugin before it. */
export async function pluginWorld(options: RigOptions = {}, vpc = { ipv4: ["10.10.0.0/16"], ipv6: [] as string[] }): Promise<PluginWorld> {
  const made = rig(options);
  await settle(made.clock, made.ipamd.start([]));
  await made.rest();
  const driver = new NotingDriver();
  const pods: KubeObject[] = [];
  const policed: string[] = [];
  const find = (namespace: string, name: string) => pods.find(({ metadata }) => metadata.namespace === namespace && metadata.name === name);
  const rpc = cniBackend({
    ...{ version: VERSION, ipamd: made.ipamd, log: silentLog, vpcCidrs: async () => vpc, pod: find },
    node: { instanceId: "i-1", region: "us-west-2", ipv4: "10.0.0.16", ipv6: "2001:db8::1" },
    pods: {
      annotations: (namespace, name) => {
        const found = find(namespace, name);
        return found && (found.metadata.annotations ?? {});
      },
      annotate: async (namespace, name, annotations) => {
        const found = find(namespace, name);
        if (found) Object.assign(found.metadata, { annotations: { ...found.metadata.annotations, ...annotations } });
      },
    },
  });
  const world: PluginWorld = {
    ...{ made, driver, rpc, pods, policed },
    state: { rpc, agent: "answers" },
    async run(command, name, conf = {}, { args, netns = "/var/run/netns/x" } = {}) {
      const stdin =
        typeof conf === "string" ? conf : JSON.stringify({ cniVersion: "0.4.0", name: "aws-cni", type: "aws-cni", mtu: "9001", ...conf });
      const { exitCode, stdout } = await runPlugin(
        {
          ...{ command, containerId: name, netns, ifName: "eth0", stdin },
          args: args ?? writeArgs({ namespace: "default", name, infraContainerId: name, uid: name }),
        },
        {
          ...{ version: VERSION, driver, log: silentLog },
          dial: async () => {
            if (!world.state.rpc) throw new Error("connect: no such file or directory");
            return world.state.rpc;
          },
          dialPolicyAgent: async () => {
            if (world.state.agent === "absent") throw new Error("connect: connection refused");
            return {
              enforce: async ({ name: policedName, mode }) => {
                policed.push(`${policedName} ${mode}`);
                return world.state.agent === "answers";
              },
              remove: async ({ name: policedName }) => void policed.push(`${policedName} removed`),
            };
          },
        },
      );
      return { code: exitCode, out: stdout === "" ? undefined : JSON.parse(stdout) };
    },
  };
  return world;
}

/** The result of an ADD that must succeed. */
export async function added(world: PluginWorld, name: string, conf: object = {}): Promise<CniResult> {
  const { code, out } = await world.run("ADD", name, conf);
  if (code !== 0) throw new Error(out.msg);
  return out;
}
