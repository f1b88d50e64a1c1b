// A cluster under the VPC resource controller: what it watches, and what it remembers of nodes and pods.
import type { Invoke } from "../../aws/operation.ts";
import type { Clock } from "../../base/clock.ts";
import type { Log } from "../../base/log.ts";
import { type ControllerIdentity, controllerEc2, EKS_ACCOUNT } from "../../cni/branch/ec2-calls.ts";
import { CNI_CONFIG_MAP, CNI_NODES } from "../../cni/branch/names.ts";
import { wantedBranches } from "../../cni/branch/pod-claims.ts";
import { branchCooldown } from "../../cni/branch/settings.ts";
import { windowsEc2 } from "../../cni/windows/ec2.ts";
import { wantsAddress } from "../../cni/windows/pod-address.ts";
import type { KubeObject } from "../../kubernetes/api/object.ts";
import type { KubeClient } from "../../kubernetes/client/client.ts";
import { Activity } from "../../kubernetes/runtime/activity.ts";
import { createEventRecorder } from "../../kubernetes/runtime/events.ts";
import { sweepInterfaces } from "./cni-nodes.ts";
import { type ClusterContext, nodeReference } from "./context.ts";
import { reconcileNode } from "./node.ts";

export { type ControllerIdentity, EKS_ACCOUNT };

const COMPONENT = "vpc-resource-controller";
const SWEEP_PERIOD = 30 * 60_000;

/** What the control of a cluster needs. */
export interface ControlOptions {
  readonly clusterName: string;
  /** Acts as the controller's user. */
  readonly kube: KubeClient;
  readonly clock: Clock;
  readonly log: Log;
  readonly invoke: Invoke;
  readonly identity: ControllerIdentity;
  /** Told of every node that something changed about: it is to be reconciled. */
  look(node: string): void;
}

/** A cluster under control. Both steps answer when they want to be taken again, in milliseconds. */
export interface ControlledCluster {
  /** Brings a node closer to what is wanted; one call per node at a time. Rejects with what EC2 or Kubernetes answered. */
  reconcileNode(name: string): Promise<number | undefined>;
  /** Deletes interfaces that leaked, when it is time. */
  sweep(): Promise<number>;
  close(): void;
}

/** Opens the watches of a cluster. */
export function controlCluster({ clusterName, kube, clock, invoke, identity, look, ...options }: ControlOptions): ControlledCluster {
  const pods: PodsByNode = new Map();
  const addressPods: PodsByNode = new Map();
  const log = options.log.child({ controller: COMPONENT, cluster: clusterName });
  const settings = () => kube.get("configmaps", "kube-system", CNI_CONFIG_MAP)?.data;
  let cooldown = branchCooldown(settings());
  let unused: ReadonlySet<string> = new Set();
  let sweptAt = clock.now();
  const context: ClusterContext = {
    ...{ clusterName, kube, ec2: controllerEc2(invoke, identity), clock, log, pods, addressPods, settings, nodes: new Map() },
    addresses: windowsEc2(invoke, identity),
    events: createEventRecorder({ client: kube, clock, activity: new Activity() }, COMPONENT),
    cooldown: () => cooldown * 1000,
  };
  const subscriptions = [
    kube.watch("pods", {}, ({ type, object }) => {
      const node: string | undefined = object.spec?.nodeName;
      if (!node) return;
      const asked = [...(wantedBranches(object) > 0 ? [pods] : []), ...(wantsAddress(object) ? [addressPods] : [])];
      for (const each of asked) note(each, node, object, type !== "DELETED");
      if (asked.length > 0) look(node);
    }),
    kube.watch("nodes", {}, ({ object }) => look(object.metadata.name)),
    kube.watch(CNI_NODES, {}, ({ object }) => look(object.metadata.name)),
    kube.watch("configmaps", { namespace: "kube-system", fieldSelector: `metadata.name=${CNI_CONFIG_MAP}` }, () => {
      // What is set of Windows concerns every node.
      for (const name of context.nodes.keys()) look(name);
      const now = branchCooldown(settings());
      if (now === cooldown) return;
      cooldown = now;
      const message = `Branch ENI cool down period has been updated to ${cooldown}s`;
      for (const [name, { branches }] of context.nodes)
        if (branches) context.events.event(nodeReference(name), "Normal", "BranchENICoolDownPeriodUpdated", message);
    }),
  ];
  return {
    reconcileNode: (name) => reconcileNode(context, name),
    async sweep() {
      const wait = sweptAt + SWEEP_PERIOD - clock.now();
      if (wait > 0) return wait;
      sweptAt = clock.now();
      try {
        unused = await sweepInterfaces(context, unused);
      } catch (error) {
        log.warn({ error: (error as Error).message }, "leaked interfaces could not be listed");
      }
      return SWEEP_PERIOD;
    },
    close() {
      for (const subscription of subscriptions) subscription.close();
    },
  };
}

type PodsByNode = Map<string, Map<string, KubeObject>>;

/** Keeps a pod in mind, or forgets it. */
function note(pods: PodsByNode, node: string, pod: KubeObject, exists: boolean): void {
  const own = pods.get(node) ?? new Map<string, KubeObject>();
  if (exists) own.set(pod.metadata.uid, pod);
  else own.delete(pod.metadata.uid);
  if (own.size > 0) pods.set(node, own);
  else pods.delete(node);
}
