// One simulated EC2 node: kubelet, CNI and Pod Identity agent, from boot to shutdown.
import type { Invoke } from "../aws/operation.ts";
import type { Clock, Timer } from "../base/clock.ts";
import type { Log } from "../base/log.ts";
import { AGENT_NAME } from "../clusters/addons/pod-identity-agent.ts";
import type { EmbeddedCluster } from "../clusters/embedded-cluster.ts";
import type { KubeObject } from "../kubernetes/api/object.ts";
import type { IamDirectory, SessionIssuer } from "../services/ports.ts";
import { AgentServer } from "./agent/server.ts";
import { CniHost } from "./cni-host.ts";
import { eksAuthClient } from "./eks-auth-client.ts";
import { NodeCredentials } from "./node-credentials.ts";
import { nodeFacts } from "./node-facts.ts";
import type { NodeBoot, NodeStatus } from "./node-runtime.ts";

const JOIN_RETRY = 2000;

/** What nodes share. */
export interface NodeEnvironment {
  readonly invoke: Invoke;
  readonly directory: IamDirectory;
  readonly sessions: SessionIssuer;
  readonly clock: Clock;
  readonly log: Log;
  /** Base URL of the AWS APIs. */
  endpoint(): string;
  /** Milliseconds between ipamd's looks at its pool; 0: whenever it is needed. */
  readonly poolPeriod: number;
  cluster(key: string): EmbeddedCluster | undefined;
}

/** A node. `boot` again after a restart adopts what is there. */
export class SimulatedNode {
  readonly boot: NodeBoot;
  readonly #environment: NodeEnvironment;
  readonly #credentials: NodeCredentials;
  readonly #agent: AgentServer;
  readonly #changed: () => void;
  readonly #log: Log;
  #cni: CniHost | undefined;
  #subscriptions: { close(): void }[] = [];
  #retry: Timer | undefined;
  #cluster: EmbeddedCluster | undefined;
  #closed = false;

  constructor(boot: NodeBoot, environment: NodeEnvironment, changed: () => void) {
    const { sessions, clock, log, endpoint } = environment;
    this.boot = boot;
    this.#environment = environment;
    this.#changed = changed;
    this.#log = log.child({ node: boot.privateDnsName, cluster: boot.clusterName });
    this.#credentials = new NodeCredentials(boot, sessions, clock);
    const target = { endpoint, region: boot.region, clusterName: boot.clusterName, clock };
    this.#agent = new AgentServer(eksAuthClient(this.#credentials, target), clock);
  }

  /** Joins the cluster, as often as it takes: a node whose role the cluster does not know keeps knocking. */
  async join(): Promise<void> {
    if (this.#closed) return;
    try {
      const cluster = this.#environment.cluster(this.boot.clusterKey);
      if (cluster && (await this.#isAdmitted(cluster))) return await this.#run(cluster);
      this.#log.info({}, "node is not admitted: its role is not mapped to system:nodes");
    } catch (error) {
      this.#log.warn({ error: (error as Error).message }, "node could not join");
    }
    this.#retry = this.#environment.clock.after(JOIN_RETRY, () => void this.join());
  }

  get status(): NodeStatus {
    const node = this.#cluster?.running.stores.of("nodes").get("", this.boot.privateDnsName);
    if (!node) return "booting";
    const ready = node.status?.conditions?.find((condition: { type: string }) => condition.type === "Ready");
    return ready?.status === "True" ? "ready" : "not-ready";
  }

  /** URL of the node's Pod Identity agent; undefined unless an agent pod runs on the node. */
  async agentUrl(): Promise<string | undefined> {
    const agentRuns = this.#pods().some(
      (pod) =>
        pod.metadata.namespace === "kube-system" &&
        pod.metadata.labels?.["app.kubernetes.io/name"] === AGENT_NAME &&
        pod.status?.phase === "Running",
    );
    return agentRuns ? this.#agent.url() : undefined;
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#retry?.cancel();
    for (const subscription of this.#subscriptions) subscription.close();
    this.#cni?.close();
    this.#cluster?.fleet.remove(this.boot.privateDnsName);
    await this.#agent.close();
  }

  /** Whether the cluster knows nodes of this role: through access entries or aws-auth, like everybody. */
  async #isAdmitted(cluster: EmbeddedCluster): Promise<boolean> {
    const role = this.#environment.directory.role(this.boot.nodeRoleArn);
    if (!role) return false;
    const caller = this.#environment.sessions.callerFor(role, this.boot.instanceId);
    const user = await cluster.mapIdentity({ arn: caller.arn, accountId: caller.accountId, userId: caller.userId, accessKeyId: undefined });
    return user?.username === `system:node:${this.boot.privateDnsName}` && user.groups.includes("system:nodes");
  }

  async #run(cluster: EmbeddedCluster): Promise<void> {
    const { stores } = cluster.running;
    const name = this.boot.privateDnsName;
    const { invoke, clock, poolPeriod } = this.#environment;
    this.#cluster = cluster;
    const cni = new CniHost({
      boot: this.boot,
      vpcId: cluster.facts.vpcId,
      invoke,
      caller: () => this.#caller(),
      clock,
      log: this.#log,
      poolPeriod,
      pods: () => this.#pods(),
      isCordoned: () => Boolean(stores.of("nodes").get("", name)?.spec?.unschedulable),
      changed: () => {
        void cluster.fleet
          .get(name)
          ?.refresh()
          .catch(() => {});
      },
      failed: (awsNode, cause) => this.#log.warn({ pod: awsNode.metadata.name, cause }, "ipamd did not start"),
    });
    this.#cni = cni;
    const onPod = (pod: KubeObject, exists: boolean) => {
      const isAwsNode =
        pod.spec?.nodeName === name && pod.metadata.namespace === "kube-system" && pod.metadata.labels?.["k8s-app"] === "aws-node";
      if (isAwsNode) cni.awsNodeChanged(pod, exists);
    };
    await cluster.fleet.add(nodeFacts(this.boot), cni, () => cni.notReady);
    for (const pod of this.#pods()) onPod(pod, true);
    this.#subscriptions = [
      stores.pods.subscribe(({ type, object }) => onPod(object, type !== "DELETED")),
      stores.of("nodes").subscribe(({ object }) => {
        if (object.metadata.name === name) this.#changed();
      }),
    ];
    this.#changed();
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
