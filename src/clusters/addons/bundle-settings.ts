// Configuration values of the other add-ons in their objects: per workload for CSI drivers and agents, for all workloads else.
import type { NewObject } from "../../kubernetes/api/object.ts";
import { container, setEnv, setPods, type Values, workloads } from "./workload.ts";

/** Puts the values into the objects, which are changed. */
export function configureBundle(name: string, objects: NewObject[], values: Values): void {
  const deployments = workloads(objects).filter(({ kind }) => kind === "Deployment");
  const daemonSets = workloads(objects).filter(({ kind }) => kind === "DaemonSet");
  if (name === "eks-node-monitoring-agent") {
    monitoringAgent(daemonSets, values);
    return;
  }
  if (name === "aws-network-flow-monitoring-agent") {
    for (const each of daemonSets) setEnv(container(each, each.metadata.name!), values.env ?? {});
    return;
  }
  if (values.controller) for (const each of deployments) set(each, values.controller);
  if (values.node) for (const each of daemonSets) set(each, values.node);
  for (const each of [...deployments, ...daemonSets]) set(each, values);
  if (values.defaultStorageClass?.enabled) objects.push(defaultStorageClass());
}

function set(object: NewObject, values: Values): void {
  setPods(object, values);
  if (object.kind === "Deployment" && values.replicaCount !== undefined) object.spec.replicas = values.replicaCount;
}

function monitoringAgent(daemonSets: readonly NewObject[], { global = {}, nodeAgent = {} }: Values): void {
  for (const each of daemonSets) {
    setPods(each, global);
    setPods(each, nodeAgent);
    const main = container(each, each.metadata.name!);
    const switches = Object.entries(nodeAgent.monitors ?? {}) as [string, { enabled?: boolean }][];
    const disabled = switches.filter(([, { enabled }]) => enabled === false).map(([monitor]) => `--disable-monitor=${monitor}`);
    main.args = [`--probe-address=:${nodeAgent.probePort ?? 8002}`, ...disabled, ...(nodeAgent.additionalArgs ?? [])];
  }
}

const defaultStorageClass = (): NewObject => ({
  apiVersion: "storage.k8s.io/v1",
  kind: "StorageClass",
  metadata: { name: "ebs-csi-default-sc", annotations: { "storageclass.kubernetes.io/is-default-class": "true" } },
  provisioner: "ebs.csi.aws.com",
  volumeBindingMode: "WaitForFirstConsumer",
  allowVolumeExpansion: true,
});
