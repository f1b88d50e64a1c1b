// The Amazon VPC CNI on one node: aws-node's pod brings ipamd up, the kubelet gets addresses from it.
import type { Caller } from "../aws/caller.ts";
import type { Invoke } from "../aws/operation.ts";
import type { Clock, Timer } from "../base/clock.ts";
import type { Log } from "../base/log.ts";
import { ModelDriver } from "../cni/datapath/model-driver.ts";
import { interfaceTable } from "../cni/datapath/names.ts";
import { modeOf } from "../cni/explain/host-view.ts";
import { emptyPoolCause } from "../cni/explain/no-address.ts";
import { poolFacts } from "../cni/explain/pool-facts.ts";
import { awaitApiServer } from "../cni/ipamd/await-api-server.ts";
import { ec2Calls } from "../cni/ipamd/ec2-calls.ts";
import { chooseEniConfig, type EniConfig, type NodeMarks } from "../cni/ipamd/eni-config.ts";
import { isDenied } from "../cni/ipamd/errors.ts";
import { Ipamd } from "../cni/ipamd/ipamd.ts";
import { answerPort, type PortAnswer } from "../cni/ipamd/ports.ts";
import type { HeldBefore } from "../cni/ipamd/start.ts";
import { isTrunkCapable } from "../cni/ipamd/trunk.ts";
import type { PolicyAgent } from "../cni/plugin/driver.ts";
import { cniBackend, type VpcCidrs } from "../cni/rpc/backend.ts";
import { type CniRpc, RpcError } from "../cni/rpc/messages.ts";
import type { AnnotatedPods } from "../cni/rpc/pod-ip-annotation.ts";
import { boolean, integer } from "../cni/settings/parse.ts";
import { entrypointProblem, ipamdProblem } from "../cni/settings/validate.ts";
import { type Environment, type IpamSettings, readSettings } from "../cni/settings.ts";
import type { KubeObject } from "../kubernetes/api/object.ts";
import type { PodNetwork } from "../kubernetes/kubelet/types.ts";
import { type InstanceType, instanceType, maxInterfaces, supportsPrefixes } from "../vpc/instance-types.ts";
import { podsByAddresses } from "../vpc/max-pods.ts";
import { FURTHER_ADDRESSES, heldByPod, writeFurther } from "./cni/further-addresses.ts";
import { heldBranches } from "./cni/held-branches.ts";
import type { NodeSockets } from "./cni/node-sockets.ts";
import { cniVersion, Sandboxes } from "./cni/sandboxes.ts";
import type { NodeBoot } from "./node-runtime.ts";

const RETRY = 5000;
const NOT_INITIALIZED = "cni plugin not initialized";
const IF_NAME = "eth0";
/** Limits of a type nothing is known of: those of an m5.large. */
const UNKNOWN_TYPE = { enis: 3, ipv4: 10 };
const UNKNOWN_MAX_PODS = 110;
const AWAITS_API = "waiting for the API server";

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
  /** Milliseconds by which the instance metadata service lags behind EC2. */
  readonly metadataLag: number;
  readonly annotatedPods: AnnotatedPods;
  /** Whether the API server answers. */
  apiAnswers(): boolean;
  /** Pods the node object says it can run; undefined if it does not say. */
  maxPods(): number | undefined;
  vpcCidrs(): Promise<VpcCidrs>;
  /** Where others than the node's own plugin reach ipamd and the network policy agent; absent: nowhere. */
  readonly sockets?: NodeSockets;
  /** Connects to the node's network policy agent. Rejects if none runs. */
  dialPolicyAgent(): Promise<PolicyAgent>;
  /** Writes annotations of Atoll's own to a pod. */
  remember(pod: KubeObject, annotations: Readonly<Record<string, string>>): Promise<void>;
  /** Called when a pod finds no address, with the cause. */
  starved(cause: string): void;
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
  /** What the init container of the last aws-node set. */
  #earlyDemuxOff = false;
  #backend: CniRpc | undefined;
  /** Of the aws-node that serves. */
  #environment: Environment | undefined;
  readonly #driver = new ModelDriver();
  readonly #sandboxes: Sandboxes;

  constructor(options: CniHostOptions) {
    this.#options = options;
    this.#sandboxes = new Sandboxes({
      driver: this.#driver,
      log: options.log,
      dial: async () => this.#dial(),
      dialPolicyAgent: () => options.dialPolicyAgent(),
    });
  }

  /** Why the network is not ready; undefined when it is. */
  get notReady(): string | undefined {
    return this.#ipamd ? undefined : NOT_INITIALIZED;
  }

  /** The node's address manager: its pool, limits and counts; undefined before it has started once. */
  get ipamd(): Ipamd | undefined {
    return this.#ipamd;
  }

  /** What a GET of a port of the node's gets of aws-node; undefined: it does not listen there, or is away. */
  port(port: number, path: string): PortAnswer | undefined {
    const environment = this.#environment;
    if (!this.#ipamd || !this.#serves || !environment) return undefined;
    const { settings } = this.#ipamd;
    const eniConfig = () => {
      try {
        return settings.customNetworking ? this.#eniConfig(settings) : undefined;
      } catch {
        return undefined;
      }
    };
    return answerPort({ ipamd: this.#ipamd, environment, eniConfig }, port, path, this.#options.clock.now());
  }

  /** Pods' interfaces as they were set up. */
  get driver(): ModelDriver {
    return this.#driver;
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
        this.#stopServing();
      }
      return;
    }
    if (pod.status?.phase !== "Running" || uid === this.#awsNode) return;
    this.#awsNode = uid;
    this.#stopServing();
    this.#retry?.cancel();
    void this.#start(pod);
  }

  async add(pod: KubeObject) {
    try {
      const [first = "", ...further] = await this.#sandboxes.add(pod);
      if (further.length > 0) await this.#options.remember(pod, furtherAnnotation(further));
      return { ips: [first] };
    } catch (error) {
      this.#tellStarvation();
      throw error;
    }
  }

  async delete({ namespace, name, uid }: { namespace: string; name: string; uid: string }): Promise<void> {
    if (!this.#serves) this.#missed.add(uid);
    await this.#sandboxes.delete({ namespace, name, uid });
  }

  /** TCP of the node itself to a pod in strict mode gets lost unless early demultiplexing is off (spec vpc-cni §6.7). */
  probeProblem({ metadata, status }: KubeObject, port: number): string | undefined {
    const [attached] = this.#driver.of(metadata.namespace ?? "", metadata.name);
    if (attached?.vlanId === undefined || attached.mode !== "strict" || this.#earlyDemuxOff) return undefined;
    return `dial tcp ${status?.podIP ?? attached.address}:${port}: i/o timeout`;
  }

  close(): void {
    this.#closed = true;
    this.#retry?.cancel();
    this.#stopServing();
  }

  /** ipamd's assignments stand, but what the pool does next is the next one's business. */
  #stopServing(): void {
    this.#serves = false;
    this.#ipamd?.close();
    void this.#options.sockets?.close();
  }

  #dial(): CniRpc {
    if (this.#backend && this.#serves) return this.#backend;
    throw new RpcError("Unavailable", 'connection error: desc = "transport: Error while dialing"');
  }

  /** ipamd for those who come over its socket: the one that serves at the time of the call. */
  async #openSockets(): Promise<void> {
    const { sockets, dialPolicyAgent } = this.#options;
    if (!sockets) return;
    const agent = await dialPolicyAgent().catch(() => undefined);
    await sockets.open(
      {
        addNetwork: async (request) => {
          const reply = await this.#dial().addNetwork(request);
          if (!reply.Success) this.#tellStarvation();
          return reply;
        },
        delNetwork: async (request) => this.#dial().delNetwork(request),
        networkPolicyConfigs: () => this.#dial().networkPolicyConfigs(),
      },
      agent,
    );
  }

  async #start(awsNode: KubeObject): Promise<void> {
    const { clock, changed, failed } = this.#options;
    let ipamd: Ipamd | undefined;
    const isCurrent = () => !this.#closed && this.#awsNode === awsNode.metadata.uid;
    try {
      ipamd = await this.#makeIpamd(awsNode, isCurrent);
      await ipamd?.start(this.#held());
      if (isCurrent()) await this.#openSockets();
    } catch (error) {
      ipamd?.close();
      if (!isCurrent()) return;
      this.#startFailure = (error as Error).message;
      failed(awsNode, (error as Error).message);
      this.#retry = clock.after(RETRY, () => void this.#start(awsNode));
      return;
    }
    if (!ipamd || !isCurrent()) return ipamd?.close();
    this.#startFailure = undefined;
    this.#ipamd?.close();
    this.#ipamd = ipamd;
    for (const uid of this.#missed) ipamd.unassign({ containerId: uid, ifName: IF_NAME });
    this.#missed.clear();
    this.#install(awsNode, ipamd);
    this.#serves = true;
    changed();
  }

  /** Throws with the cause if the settings forbid a start; undefined if the pod was replaced while the API server was awaited. */
  async #makeIpamd(awsNode: KubeObject, isCurrent: () => boolean): Promise<Ipamd | undefined> {
    const { boot, vpcId, invoke, caller, clock, log, poolPeriod, metadataLag, isCordoned, denied, apiAnswers } = this.#options;
    const type = instanceType(boot.instanceType);
    const environment = environmentOf(awsNode);
    const settings = readSettings(environment);
    const nitro = type ? supportsPrefixes(type) : false;
    const problem = entrypointProblem(environment) ?? ipamdProblem(settings, nitro);
    if (problem) throw new Error(problem);
    if (!apiAnswers()) this.#startFailure = AWAITS_API;
    const hasApi = await awaitApiServer(settings, clock, apiAnswers, () => !isCurrent());
    if (!isCurrent()) return undefined;
    const maxPods = (hasApi ? this.#options.maxPods() : undefined) ?? maxPodsFromFile(type);
    return new Ipamd({
      instance: {
        instanceId: boot.instanceId,
        vpcId,
        zone: boot.availabilityZone,
        subnetId: boot.subnetId,
        maxEnis: type?.cards[0] ?? UNKNOWN_TYPE.enis,
        ...(type && { cards: type.cards }),
        ipv4PerEni: type?.ipv4PerInterface ?? UNKNOWN_TYPE.ipv4,
        nitro,
        trunkCapable: isTrunkCapable(boot.instanceType),
      },
      settings,
      ec2: ec2Calls(invoke, caller, { region: boot.region, sourceIp: boot.privateIpAddress, version: cniVersion(environment), clock }),
      clock,
      log: log.child({ controller: "ipamd", node: boot.privateDnsName }),
      maxPods: () => maxPods,
      isCordoned,
      period: poolPeriod,
      metadataLag,
      eniConfig: () => this.#eniConfig(settings),
      ec2Failed: (operation, error) => {
        if (isDenied(error)) denied(awsNode, operation);
      },
    });
  }

  /** What the entrypoint does once ipamd is healthy: plugin and conflist; ipamd makes the rules of pods that are there again. */
  #install(awsNode: KubeObject, ipamd: Ipamd): void {
    const { boot, pods, log, vpcCidrs } = this.#options;
    const environment = environmentOf(awsNode);
    this.#earlyDemuxOff = boolean(environmentOf(awsNode, "aws-vpc-cni-init").DISABLE_TCP_EARLY_DEMUX, false);
    const { instanceId, region, privateIpAddress } = boot;
    this.#environment = environment;
    this.#sandboxes.install(environment, privateIpAddress);
    this.#backend = cniBackend({
      ...{ version: cniVersion(environment), ipamd, log, vpcCidrs, pods: this.#options.annotatedPods },
      node: { instanceId, region, ipv4: privateIpAddress },
      pod: (namespace, name) => pods().find(({ metadata }) => metadata.namespace === namespace && metadata.name === name),
    });
    const vethPrefix = environment.AWS_VPC_K8S_CNI_VETHPREFIX || "eni";
    const mtu = integer(environment.POD_MTU || environment.AWS_VPC_ENI_MTU, 9001);
    for (const { store } of ipamd.pools) {
      for (const { meta, address, eniId } of store.assignments()) {
        const { namespace, name } = meta;
        if (this.#driver.of(namespace, name).length > store.card) continue;
        const table = interfaceTable(store.enis.get(eniId)?.deviceNumber ?? 0, store.card);
        this.#driver.setUp([{ namespace, name, index: store.card, address, table, vethPrefix, mtu }]);
      }
    }
    for (const branch of heldBranches(pods(), ipamd, { mode: modeOf(environment), vethPrefix, mtu }))
      if (this.#driver.of(branch.namespace, branch.name).length === 0) this.#driver.setUpBranch(branch);
  }

  /** Upstream's text says nothing of the cause; an event on the node does. */
  #tellStarvation(): void {
    const { boot, clock, isCordoned, pods, starved } = this.#options;
    if (!this.#ipamd || !this.#serves) return;
    const { privateDnsName: name, instanceType: type } = boot;
    const node = { name, instanceType: type, cordoned: isCordoned(), maxPods: this.#ipamd.limits.maxPods, pods: pods().length };
    const cause = emptyPoolCause(node, poolFacts(this.#ipamd), clock.now());
    if (cause !== undefined) starved(cause);
  }

  #eniConfig(settings: IpamSettings): EniConfig {
    const { node, eniConfig } = this.#options;
    return chooseEniConfig(settings, node(), eniConfig);
  }

  /** What pods hold: from the ipamd before, and from the pods themselves, which are the checkpoint that survives a restart of the process. */
  #held(): HeldBefore[] {
    const before = (this.#ipamd?.pools ?? []).flatMap(({ store }) =>
      [...store.assignments()].map((held) => ({ ...held, card: store.card })),
    );
    const known = new Set(before.map(({ key }) => key.containerId));
    const pods = this.#options.pods().flatMap((pod) => {
      const { uid } = pod.metadata;
      return known.has(uid) || this.#missed.has(uid) ? [] : heldByPod(pod, { containerId: uid, ifName: IF_NAME });
    });
    return [...before, ...pods];
  }
}

/** Addresses of further network cards, as an annotation; the cards are those after the first, in order. */
const furtherAnnotation = (addresses: readonly string[]) => ({
  [FURTHER_ADDRESSES]: writeFurther(addresses.map((address, at) => ({ card: at + 1, address }))),
});

/** The file in the image: addresses of the type; 110 for types it does not list. */
function maxPodsFromFile(type: InstanceType | undefined): number {
  return type ? podsByAddresses({ enis: type.cards[0] ?? maxInterfaces(type), ipv4: type.ipv4PerInterface }) : UNKNOWN_MAX_PODS;
}

/** Literal variables of a container of aws-node's. */
export function environmentOf({ spec }: KubeObject, name = "aws-node"): Environment {
  const container = [...(spec.containers ?? []), ...(spec.initContainers ?? [])].find((each: { name: string }) => each.name === name);
  return Object.fromEntries((container?.env ?? []).map(({ name, value }: { name: string; value?: string }) => [name, value]));
}
