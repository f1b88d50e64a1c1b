// One simulated EC2 node: kubelet, CNI and Pod Identity agent, from boot to shutdown.
import type { Invoke } from "../aws/operation.ts";
import type { Clock, Timer } from "../base/clock.ts";
import type { Log } from "../base/log.ts";
import { AGENT_NAME } from "../clusters/addons/pod-identity-agent.ts";
import type { EmbeddedCluster } from "../clusters/embedded-cluster.ts";
import type { EniConfig } from "../cni/ipamd/eni-config.ts";
import type { PolicyAgent } from "../cni/plugin/driver.ts";
import type { AnnotatedPods } from "../cni/rpc/pod-ip-annotation.ts";
import type { KubeObject } from "../kubernetes/api/object.ts";
import type { KubeClient } from "../kubernetes/client/client.ts";
import { PodTokens } from "../kubernetes/kubelet/tokens.ts";
import { createEventRecorder } from "../kubernetes/runtime/events.ts";
import type { CredentialSource, IamDirectory, SessionIssuer } from "../services/ports.ts";
import { AgentServer } from "./agent/server.ts";
import { AwsNodeIdentity } from "./aws-node-identity.ts";
import { NodeSockets } from "./cni/node-sockets.ts";
import { vpcCidrReader } from "./cni/vpc-cidrs.ts";
import { CniHost } from "./cni-host.ts";
import { eksAuthClient } from "./eks-auth-client.ts";
import { ImdsServer } from "./imds/server.ts";
import { hindrance, statusIn } from "./join.ts";
import { NodeCredentials } from "./node-credentials.ts";
import { nodeFacts } from "./node-facts.ts";
import type { NodeBoot, NodeStatus } from "./node-runtime.ts";
import { TrunkRequest } from "./trunk-request.ts";

const JOIN_RETRY = 2000;

/** What nodes share. */
export interface NodeEnvironment {
  readonly invoke: Invoke;
  readonly directory: IamDirectory;
  readonly sessions: SessionIssuer;
  /** Looks issued credentials up again. */
  readonly credentials: CredentialSource;
  readonly clock: Clock;
  readonly log: Log;
  /** Base URL of the AWS APIs. */
  endpoint(): string;
  /** Milliseconds between ipamd's looks at its pool; 0: whenever it is needed. */
  readonly poolPeriod: number;
  /** Milliseconds by which the instance metadata service lags behind EC2. */
  readonly metadataLag: number;
  /** Directory below which nodes serve ipamd on Unix sockets; empty: nowhere. */
  readonly cniSockets: string;
  cluster(key: string): EmbeddedCluster | undefined;
}

/** A node. `boot` again after a restart adopts what is there. */
export class SimulatedNode {
  readonly boot: NodeBoot;
  readonly #environment: NodeEnvironment;
  readonly #credentials: NodeCredentials;
  readonly #agent: AgentServer;
  readonly #imds: ImdsServer;
  readonly #sockets: NodeSockets | undefined;
  readonly #changed: () => void;
  readonly #log: Log;
  #cni: CniHost | undefined;
  #trunk: TrunkRequest | undefined;
  #subscriptions: { close(): void }[] = [];
  #retry: Timer | undefined;
  #cluster: EmbeddedCluster | undefined;
  #closed = false;

  constructor(boot: NodeBoot, environment: NodeEnvironment, changed: () => void) {
    const { sessions, clock, log, endpoint, invoke, cniSockets } = environment;
    this.boot = boot;
    this.#environment = environment;
    this.#changed = changed;
    this.#log = log.child({ node: boot.privateDnsName, cluster: boot.clusterName });
    this.#credentials = new NodeCredentials(boot, sessions, clock);
    const target = { endpoint, region: boot.region, clusterName: boot.clusterName, clock };
    this.#agent = new AgentServer(eksAuthClient(this.#credentials, target), clock);
    this.#imds = new ImdsServer({ boot, credentials: this.#credentials, invoke, clock });
    this.#sockets = cniSockets === "" ? undefined : new NodeSockets(cniSockets, boot.instanceId);
  }

  /** Joins the cluster, as often as it takes: a node whose role the cluster does not know keeps knocking. */
  async join(): Promise<void> {
    if (this.#closed) return;
    try {
      const cluster = this.#environment.cluster(this.boot.clusterKey);
      const hindered = await hindrance(this.#environment, cluster, this.boot, this.boot.instanceId);
      if (cluster && !hindered) return await this.#run(cluster);
      this.#log.info({ hindered }, "node cannot join yet");
    } catch (error) {
      this.#leave();
      this.#log.warn({ error: (error as Error).message }, "node could not join");
    }
    if (this.#closed) return;
    this.#retry = this.#environment.clock.after(JOIN_RETRY, () => void this.join());
  }

  get status(): NodeStatus {
    return statusIn(this.#cluster, this.boot.privateDnsName);
  }

  /** The node's CNI; undefined before the node has joined. */
  get cni(): CniHost | undefined {
    return this.#cni;
  }

  /** URL of the node's Pod Identity agent; undefined unless an agent pod runs on the node. */
  async agentUrl(): Promise<string | undefined> {
    return this.#agentRuns() ? this.#agent.url() : undefined;
  }

  /** URL of the instance's metadata service; undefined if the instance does not let the pod reach it. */
  imdsUrl(pod: { readonly hostNetwork: boolean }): Promise<string | undefined> {
    return this.#imds.urlFor(pod);
  }

  #agentRuns(): boolean {
    return this.#pods().some(
      (pod) =>
        pod.metadata.namespace === "kube-system" &&
        pod.metadata.labels?.["app.kubernetes.io/name"] === AGENT_NAME &&
        pod.status?.phase === "Running",
    );
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#retry?.cancel();
    this.#leave();
    await Promise.all([this.#agent.close(), this.#imds.close(), this.#sockets?.close()]);
  }

  #leave(): void {
    for (const subscription of this.#subscriptions) subscription.close();
    this.#trunk?.close();
    this.#cni?.close();
    this.#cluster?.nodePorts.delete(this.boot.privateDnsName);
    this.#cluster?.fleet.remove(this.boot.privateDnsName);
  }

  async #run(cluster: EmbeddedCluster): Promise<void> {
    const { stores } = cluster.running;
    const name = this.boot.privateDnsName;
    const { clock, poolPeriod, metadataLag } = this.#environment;
    this.#cluster = cluster;
    const identity = this.#awsNodeIdentity(cluster);
    const { activity } = cluster.running;
    const recorder = createEventRecorder({ client: cluster.client(), clock, activity }, "aws-node", name);
    const refresh = () =>
      void cluster.fleet
        .get(name)
        ?.refresh()
        .catch(() => {});
    const cni = new CniHost({
      boot: this.boot,
      vpcId: cluster.facts.vpcId,
      invoke: identity.invoke,
      caller: () => this.#caller(),
      clock,
      log: this.#log,
      poolPeriod,
      metadataLag,
      ...(this.#sockets && { sockets: this.#sockets }),
      vpcCidrs: vpcCidrReader(this.#environment.invoke, this.boot, cluster.facts.vpcId, clock),
      pods: () => this.#pods(),
      annotatedPods: this.#annotatedPods(cluster),
      apiAnswers: () => this.#environment.cluster(this.boot.clusterKey) !== undefined,
      maxPods: () => Number(stores.of("nodes").get("", name)?.status?.capacity?.pods) || undefined,
      dialPolicyAgent: async () => this.#policyAgent(),
      remember: async ({ metadata: { namespace = "", name: pod, uid } }, annotations) => {
        await cluster.client().patch("pods", namespace, pod, "merge", { metadata: { uid, annotations } });
      },
      starved: (cause) => recorder.event({ apiVersion: "v1", kind: "Node", name, uid: name }, "Warning", "NoPodAddress", cause),
      isCordoned: () => Boolean(stores.of("nodes").get("", name)?.spec?.unschedulable),
      changed: () => {
        this.#trunk?.look();
        refresh();
      },
      failed: (awsNode, cause) => this.#log.warn({ pod: awsNode.metadata.name, cause }, "ipamd did not start"),
      node: () => {
        const { labels = {}, annotations = {} } = stores.of("nodes").get("", name)?.metadata ?? {};
        return { labels, annotations };
      },
      eniConfig: (config) => eniConfigOf(cluster.client().get("eniconfigs.crd.k8s.amazonaws.com", "", config)),
      denied: (awsNode, operation) => recorder.event(awsNode, "Warning", "MissingIAMPermissions", missingPermissions(operation)),
    });
    this.#cni = cni;
    cluster.nodePorts.set(name, (port, path) => cni.port(port, path));
    const trunk = new TrunkRequest({
      ...{ nodeName: name, clock, log: this.#log, client: asAwsNode(cluster) },
      ipamd: () => (cni.notReady ? undefined : cni.ipamd),
      node: () => stores.of("nodes").get("", name),
    });
    this.#trunk = trunk;
    const onPod = (pod: KubeObject, exists: boolean) => {
      if (isAwsNode(pod)) cni.awsNodeChanged(pod, exists);
    };
    await cluster.fleet.add(nodeFacts(this.boot), cni, () => cni.notReady);
    if (this.#closed) return this.#leave();
    for (const pod of this.#pods()) onPod(pod, true);
    let told = this.status;
    this.#subscriptions = [
      stores.pods.follow("node", name, ({ type, object }) => onPod(object, type !== "DELETED")),
      stores.of("nodes").follow("name", name, () => {
        // Heartbeats change the object and not the status.
        if (this.status !== told) this.#changed();
        told = this.status;
        trunk.look();
        // What others advertise on the node becomes allocatable.
        refresh();
      }),
    ];
    this.#changed();
  }

  /** The node's pods in the name of aws-node's service account, which may annotate them only if its role says so. */
  #annotatedPods(cluster: EmbeddedCluster): AnnotatedPods {
    const client = asAwsNode(cluster);
    const found = (namespace: string, name: string) =>
      this.#pods().find(({ metadata }) => metadata.namespace === namespace && metadata.name === name);
    return {
      annotations: (namespace, name) => {
        const pod = found(namespace, name);
        return pod && (pod.metadata.annotations ?? {});
      },
      annotate: async (namespace, name, annotations) => {
        await client.patch("pods", namespace, name, "merge", { metadata: { annotations } });
      },
    };
  }

  /** The container aws-eks-nodeagent of the node's aws-node pod. */
  #policyAgent(): PolicyAgent {
    const pod = this.#pods().find((each) => isAwsNode(each) && each.status?.phase === "Running");
    if (!pod?.spec.containers.some(({ name }: { name: string }) => name === "aws-eks-nodeagent"))
      throw new Error("no network policy agent runs on the node");
    return { enforce: async () => true, remove: async () => {} };
  }

  #awsNodeIdentity(cluster: EmbeddedCluster): AwsNodeIdentity {
    const { invoke, credentials, clock } = this.#environment;
    const asNode = () =>
      cluster.client({ username: `system:node:${this.boot.privateDnsName}`, groups: ["system:nodes", "system:authenticated"] });
    return new AwsNodeIdentity({
      ...{ boot: this.boot, invoke, credentials, clock, tokens: new PodTokens(asNode, clock) },
      awsNode: () => this.#pods().find((pod) => isAwsNode(pod) && pod.status?.phase === "Running" && !pod.metadata.deletionTimestamp),
      agent: async () => (this.#agentRuns() ? this.#agent.source : undefined),
      nodeRole: () => this.#caller(),
    });
  }

  #caller() {
    const role = this.#environment.directory.role(this.boot.nodeRoleArn);
    if (!role) throw new Error(`the node role ${this.boot.nodeRoleArn} does not exist`);
    return this.#environment.sessions.callerFor(role, this.boot.instanceId);
  }

  #pods(): readonly KubeObject[] {
    return this.#cluster?.running.stores.podsOn(this.boot.privateDnsName) ?? [];
  }
}

const isAwsNode = (pod: KubeObject) => pod.metadata.namespace === "kube-system" && pod.metadata.labels?.["k8s-app"] === "aws-node";

/** A client of aws-node's service account, whose role says what it may do. */
function asAwsNode(cluster: EmbeddedCluster): KubeClient {
  const username = "system:serviceaccount:kube-system:aws-node";
  return cluster.client({ username, groups: ["system:serviceaccounts", "system:serviceaccounts:kube-system", "system:authenticated"] });
}

/** What the VPC CNI writes when EC2 answers UnauthorizedOperation. */
const missingPermissions = (operation: string) =>
  `Unauthorized operation: failed to call ${operation} due to missing permissions. Please refer https://github.com/aws/amazon-vpc-cni-k8s/blob/master/docs/iam-policy.md to attach relevant policy to IAM role`;

/** What an ENIConfig object says; undefined if it does not exist or names no subnet. */
function eniConfigOf(object: KubeObject | undefined): EniConfig | undefined {
  const { subnet, securityGroups = [] } = object?.spec ?? {};
  return typeof subnet === "string" && subnet !== "" ? { subnetId: subnet, securityGroups } : undefined;
}
