// The Amazon VPC CNI on one node: aws-node's pod brings ipamd up, the kubelet gets addresses from it.
import type { Caller } from "../aws/caller.ts";
import type { Invoke } from "../aws/operation.ts";
import type { Clock, Timer } from "../base/clock.ts";
import type { Log } from "../base/log.ts";
import { ec2Calls } from "../cni/ipamd/ec2.ts";
import { Ipamd } from "../cni/ipamd/ipamd.ts";
import { type Environment, readSettings } from "../cni/settings.ts";
import type { KubeObject } from "../kubernetes/api/object.ts";
import type { PodNetwork } from "../kubernetes/kubelet/types.ts";
import { instanceType } from "../vpc/instance-types.ts";
import { maxPodsOf } from "./node-facts.ts";
import type { NodeBoot } from "./node-runtime.ts";

const RETRY = 5000;
const NOT_INITIALIZED = "cni plugin not initialized";
const IF_NAME = "eth0";
/** Limits of a type nothing is known of: those of an m5.large. */
const UNKNOWN_TYPE = { enis: 3, ipv4: 10 };

/** What the CNI of a node works with. */
export interface CniHostOptions {
  readonly boot: NodeBoot;
  readonly vpcId: string;
  readonly invoke: Invoke;
  /** Under whose name ipamd calls EC2. */
  readonly caller: () => Caller;
  readonly clock: Clock;
  readonly log: Log;
  /** Milliseconds between looks at the pool; 0: whenever it is needed. */
  readonly poolPeriod: number;
  /** Pods of the node, now. */
  pods(): readonly KubeObject[];
  isCordoned(): boolean;
  /** Called when the network becomes ready or stops being so. */
  changed(): void;
  /** Called when ipamd cannot start, with the cause. */
  failed(awsNode: KubeObject, cause: string): void;
}

/** One node's CNI. It is ready while an aws-node pod runs and has filled the pool. */
export class CniHost implements PodNetwork {
  readonly #options: CniHostOptions;
  #ipamd: Ipamd | undefined;
  #awsNode: string | undefined;
  #retry: Timer | undefined;
  #closed = false;

  constructor(options: CniHostOptions) {
    this.#options = options;
  }

  /** Why the network is not ready; undefined when it is. */
  get notReady(): string | undefined {
    return this.#ipamd ? undefined : NOT_INITIALIZED;
  }

  /** Tells of a change of the node's aws-node pod: a new running one starts ipamd with its settings. */
  awsNodeChanged(pod: KubeObject, exists: boolean): void {
    const { uid } = pod.metadata;
    if (!exists || pod.metadata.deletionTimestamp) {
      // Pods keep their addresses while aws-node is away; new ones wait for the next.
      if (uid === this.#awsNode) this.#awsNode = undefined;
      return;
    }
    if (pod.status?.phase !== "Running" || uid === this.#awsNode) return;
    this.#awsNode = uid;
    void this.#start(pod);
  }

  async add(pod: KubeObject) {
    if (!this.#ipamd || !this.#awsNode) {
      throw new Error(
        'add cmd: failed to connect to backend server: rpc error: code = Unavailable desc = connection error: desc = "transport: Error while dialing"',
      );
    }
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
    this.#ipamd?.unassign({ containerId: uid, ifName: IF_NAME });
  }

  close(): void {
    this.#closed = true;
    this.#retry?.cancel();
    this.#ipamd?.close();
  }

  async #start(awsNode: KubeObject): Promise<void> {
    const { boot, vpcId, invoke, caller, clock, log, poolPeriod, isCordoned, changed, failed } = this.#options;
    const type = instanceType(boot.instanceType);
    const ipamd = new Ipamd({
      instance: {
        instanceId: boot.instanceId,
        vpcId,
        zone: boot.availabilityZone,
        subnetId: boot.subnetId,
        maxEnis: type?.cards[0] ?? UNKNOWN_TYPE.enis,
        ipv4PerEni: type?.ipv4PerInterface ?? UNKNOWN_TYPE.ipv4,
        nitro: type?.hypervisor === "nitro" || type?.bareMetal === true,
      },
      settings: readSettings(environmentOf(awsNode)),
      ec2: ec2Calls(invoke, caller, boot.region, boot.privateIpAddress),
      clock,
      log: log.child({ controller: "ipamd", node: boot.privateDnsName }),
      maxPods: () => maxPodsOf(type),
      isCordoned,
      period: poolPeriod,
    });
    try {
      await ipamd.start(this.#held());
    } catch (error) {
      ipamd.close();
      if (this.#closed || this.#awsNode !== awsNode.metadata.uid) return;
      failed(awsNode, (error as Error).message);
      this.#retry = clock.after(RETRY, () => void this.#start(awsNode));
      return;
    }
    if (this.#closed) return ipamd.close();
    this.#ipamd?.close();
    this.#ipamd = ipamd;
    changed();
  }

  /** What pods hold, from the pods themselves: they are the checkpoint that survives a restart. */
  #held() {
    return this.#options.pods().flatMap((pod) => {
      const { namespace = "", name, uid } = pod.metadata;
      const address: string | undefined = pod.status?.podIP;
      const done = pod.status?.phase === "Succeeded" || pod.status?.phase === "Failed";
      if (!address || done || pod.spec.hostNetwork) return [];
      return [{ key: { containerId: uid, ifName: IF_NAME }, meta: { namespace, name, uid }, address }];
    });
  }
}

/** Literal variables of the aws-node container. */
function environmentOf(awsNode: KubeObject): Environment {
  const container = awsNode.spec.containers?.find((each: { name: string }) => each.name === "aws-node");
  return Object.fromEntries((container?.env ?? []).map(({ name, value }: { name: string; value?: string }) => [name, value]));
}
