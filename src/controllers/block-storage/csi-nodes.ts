// CSINodes: which nodes run an EBS driver, and how many of its volumes they take. Written in the nodes' own names, as kubelets do.
import type { KubeObject } from "../../kubernetes/api/object.ts";
import { attachableVolumes } from "../../nodes/volume-limits.ts";
import { instanceOf, unlessGone } from "../nodegroup/node-objects.ts";
import type { BlockStorage } from "./context.ts";
import type { Driver } from "./driver.ts";

const COMPUTE_TYPE = "eks.amazonaws.com/compute-type";
const CSI_NODES = "csinodes.storage.k8s.io";
const TOPOLOGY = ["kubernetes.io/os", "topology.kubernetes.io/zone"];
const DAEMON_SET = /^ebs-csi-node/;

/** Whether a pod is the add-on's driver on its node. */
export const isDriverPod = (pod: KubeObject): boolean =>
  pod.metadata.namespace === "kube-system" &&
  !!pod.metadata.ownerReferences?.some(({ kind, name }) => kind === "DaemonSet" && DAEMON_SET.test(name));

/** Registers a driver on the nodes that run it, and strikes it from the others. */
export async function registerNodes(storage: BlockStorage, driver: Driver): Promise<void> {
  const { kube } = storage;
  const running = new Set<string>();
  if (!driver.isAuto)
    for (const pod of kube.list("pods", { namespace: "kube-system" }))
      if (isDriverPod(pod) && pod.status?.phase === "Running") running.add(pod.spec.nodeName);
  for (const node of kube.list("nodes")) {
    const { name, labels } = node.metadata;
    const runs = driver.isAuto ? labels?.[COMPUTE_TYPE] === "auto" : running.has(name);
    const present = kube.get(CSI_NODES, "", name);
    const drivers = (present?.spec?.drivers ?? []) as { name: string }[];
    if (drivers.some((each) => each.name === driver.name) === runs) continue;
    const rest = drivers.filter((each) => each.name !== driver.name);
    await write(storage, node, present, runs ? [...rest, await registration(storage, node, driver)] : rest);
  }
}

async function registration({ deps, asObserver }: BlockStorage, node: KubeObject, driver: Driver): Promise<{ name: string }> {
  const InstanceIds = [instanceOf(node)];
  const { Reservations = [] } = await deps.invoke("ec2", "DescribeInstances", { InstanceIds }, asObserver());
  const instance = Reservations[0]?.Instances?.[0];
  const count = attachableVolumes(instance?.InstanceType ?? "", instance?.NetworkInterfaces?.length ?? 1);
  const nodeID = InstanceIds[0];
  return { name: driver.name, ...{ nodeID, topologyKeys: TOPOLOGY }, ...(count !== undefined && { allocatable: { count } }) };
}

async function write({ asNode }: BlockStorage, node: KubeObject, present: KubeObject | undefined, drivers: object[]): Promise<void> {
  const { name, uid } = node.metadata;
  const kube = asNode(name);
  if (present) {
    await kube.update(CSI_NODES, { ...present, spec: { ...present.spec, drivers } }).catch(unlessGone);
    return;
  }
  const ownerReferences = [{ apiVersion: "v1", kind: "Node", name, uid }];
  await kube.create(CSI_NODES, "", {
    apiVersion: "storage.k8s.io/v1",
    kind: "CSINode",
    metadata: { name, ownerReferences },
    spec: { drivers },
  });
}
