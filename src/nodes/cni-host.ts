// The Amazon VPC CNI on one node: aws-node's pod brings ipamd up, the kubelet gets addresses from it.
import type { Caller } from "../aws/caller.ts";
import type { Invoke } from "../aws/operation.ts";
import type { Clock, Timer } from "../base/clock.ts";
import type { Log } from "../base/log.ts";
import { ec2Calls } from "../cni/ipamd/ec2-calls.ts";
import { chooseEniConfig, type EniConfig, type NodeMarks } from "../cni/ipamd/eni-config.ts";
import { isDenied } from "../cni/ipamd/errors.ts";
import { Ipamd } from "../cni/ipamd/ipamd.ts";
import { isTrunkCapable } from "../cni/ipamd/trunk.ts";
import { entrypointProblem, ipamdProblem } from "../cni/settings/validate.ts";
import { type Environment, type IpamSettings, readSettings } from "../cni/settings.ts";
import type { KubeObject } from "../kubernetes/api/object.ts";
import type { PodNetwork } from "../kubernetes/kubelet/types.ts";
import { instanceType, supportsPrefixes } from "../vpc/instance-types.ts";
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
  /** Labels and annotations of the node object. */
  node(): NodeMarks;
  /** An ENIConfig object of the cluster by name, for custom networking. */
  eniConfig(name: string): EniConfig | undefined;
  /** Called when IAM refuses an EC2 call of ipamd: upstream writes the event MissingIAMPermissions. `operation` is the API's name. */
  denied(awsNode: KubeObject, operation: string): void;
}

/** One node's CNI. It is ready while an aws-node pod runs and has filled the pool. */
export class CniHost implements PodNetwork {
  readonly #options: CniHostOptions;
  /** The last ipamd that was ready; its assignments stand while aws-node is away. */
  #ipamd: Ipamd | undefined;
  #awsNode: string | undefined;
  /** Whether ipamd answers: it does not between an aws-node pod's start and the end of its ipamd's. */
  #serves = false;
  /** Pods that left while nobody answered. */
  readonly #missed = new Set<string>();
  #retry: Timer | undefined;
  #closed = false;
  #startFailure: string | undefined;

  constructor(options: CniHostOptions) {
    this.#options = options;
  }

  /** Why the network is not ready; undefined when it is. */
  get notReady(): string | undefined {
    return this.#ipamd ? undefined : NOT_INITIALIZED;
  }

  /** The node's address manager: its pool, limits and counts; undefined before it has started once. */
  get ipamd(): Ipamd | undefined {
    return this.#ipamd;
  }

  /** Why the current aws-node's ipamd did not start; undefined if it did, or has not tried. */
  get startFailure(): string | undefined {
    return this.#startFailure;
  }

  /** Tells of a change of the node's aws-node pod: a new running one starts ipamd with its settings. */
  awsNodeChanged(pod: KubeObject, exists: boolean): void {
    const { uid } = pod.metadata;
    if (!exists || pod.metadata.deletionTimestamp) {
      // Pods keep their addresses while aws-node is away; new ones wait for the next.
      if (uid === this.#awsNode) {
        this.#awsNode = undefined;
        this.#serves = false;
      }
      return;
    }
    if (pod.status?.phase !== "Running" || uid === this.#awsNode) return;
    this.#awsNode = uid;
    this.#serves = false;
    this.#retry?.cancel();
    void this.#start(pod);
  }

  async add(pod: KubeObject) {
    if (!this.#ipamd || !this.#serves) {
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
    if (!this.#serves) this.#missed.add(uid);
    this.#ipamd?.unassign({ containerId: uid, ifName: IF_NAME });
  }

  close(): void {
    this.#closed = true;
    this.#retry?.cancel();
    this.#ipamd?.close();
  }

  async #start(awsNode: KubeObject): Promise<void> {
    const { clock, changed, failed } = this.#options;
    let ipamd: Ipamd | undefined;
    const isCurrent = () => !this.#closed && this.#awsNode === awsNode.metadata.uid;
    try {
      ipamd = this.#makeIpamd(awsNode);
      await ipamd.start(this.#held());
    } catch (error) {
      ipamd?.close();
      if (!isCurrent()) return;
      this.#startFailure = (error as Error).message;
      failed(awsNode, (error as Error).message);
      this.#retry = clock.after(RETRY, () => void this.#start(awsNode));
      return;
    }
    if (!isCurrent()) return ipamd.close();
    this.#startFailure = undefined;
    this.#ipamd?.close();
    this.#ipamd = ipamd;
    for (const uid of this.#missed) ipamd.unassign({ containerId: uid, ifName: IF_NAME });
    this.#missed.clear();
    this.#serves = true;
    changed();
  }

  /** Throws with the cause if the settings forbid a start. */
  #makeIpamd(awsNode: KubeObject): Ipamd {
    const { boot, vpcId, invoke, caller, clock, log, poolPeriod, isCordoned, denied } = this.#options;
    const type = instanceType(boot.instanceType);
    const environment = environmentOf(awsNode);
    const settings = readSettings(environment);
    const nitro = type ? supportsPrefixes(type) : false;
    const problem = entrypointProblem(environment) ?? ipamdProblem(settings, nitro);
    if (problem) throw new Error(problem);
    return new Ipamd({
      instance: {
        instanceId: boot.instanceId,
        vpcId,
        zone: boot.availabilityZone,
        subnetId: boot.subnetId,
        maxEnis: type?.cards[0] ?? UNKNOWN_TYPE.enis,
        ipv4PerEni: type?.ipv4PerInterface ?? UNKNOWN_TYPE.ipv4,
        nitro,
        trunkCapable: isTrunkCapable(boot.instanceType),
      },
      settings,
      ec2: ec2Calls(invoke, caller, boot.region, boot.privateIpAddress),
      clock,
      log: log.child({ controller: "ipamd", node: boot.privateDnsName }),
      maxPods: () => maxPodsOf(type),
      isCordoned,
      period: poolPeriod,
      eniConfig: () => this.#eniConfig(settings),
      ec2Failed: (operation, error) => {
        if (isDenied(error)) denied(awsNode, operation);
      },
    });
  }

  #eniConfig(settings: IpamSettings): EniConfig {
    const { node, eniConfig } = this.#options;
    return chooseEniConfig(settings, node(), eniConfig);
  }

  /** What pods hold: from the ipamd before, and from the pods themselves, which are the checkpoint that survives a restart of the process. */
  #held() {
    const before = this.#ipamd ? [...this.#ipamd.store.assignments()] : [];
    const known = new Set(before.map(({ key }) => key.containerId));
    const pods = this.#options.pods().flatMap((pod) => {
      const { namespace = "", name, uid } = pod.metadata;
      const address: string | undefined = pod.status?.podIP;
      const done = pod.status?.phase === "Succeeded" || pod.status?.phase === "Failed";
      if (!address || done || pod.spec.hostNetwork || known.has(uid) || this.#missed.has(uid)) return [];
      return [{ key: { containerId: uid, ifName: IF_NAME }, meta: { namespace, name, uid }, address }];
    });
    return [...before, ...pods];
  }
}

/** Literal variables of the aws-node container. */
export function environmentOf(awsNode: KubeObject): Environment {
  const container = awsNode.spec.containers?.find((each: { name: string }) => each.name === "aws-node");
  return Object.fromEntries((container?.env ?? []).map(({ name, value }: { name: string; value?: string }) => [name, value]));
}
