// Configuration values of coredns, kube-proxy and the Pod Identity agent in their objects (spec addons §4.1).
import type { NewObject } from "../../kubernetes/api/object.ts";
import { AGENT_NAME } from "./pod-identity-agent.ts";
import { setPods, type Values, workload } from "./workload.ts";

/** Puts the values into the objects, which are changed. */
export function configureCoredns(objects: NewObject[], values: Values): void {
  const deployment = workload(objects);
  setPods(deployment, values);
  const { autoScaling, replicaCount, corefile, podDisruptionBudget: budget } = values;
  if (autoScaling?.enabled) deployment.spec.replicas = autoScaling.minReplicas ?? 2;
  else if (replicaCount !== undefined) deployment.spec.replicas = replicaCount;
  if (corefile !== undefined) objects.find(({ kind }) => kind === "ConfigMap")!.data.Corefile = corefile;
  const at = objects.findIndex(({ kind }) => kind === "PodDisruptionBudget");
  if (budget?.enabled === false) objects.splice(at, 1);
  else if (budget) {
    const { selector, maxUnavailable } = objects[at]!.spec;
    const { minAvailable, maxUnavailable: wanted = minAvailable === undefined ? maxUnavailable : undefined } = budget;
    objects[at]!.spec = {
      selector,
      ...(wanted !== undefined && { maxUnavailable: wanted }),
      ...(minAvailable !== undefined && { minAvailable }),
    };
  }
}

/** Puts the values into the objects, which are changed. */
export function configureKubeProxy(objects: NewObject[], values: Values): void {
  setPods(workload(objects), values);
  const { data } = objects.find(({ kind, metadata }) => kind === "ConfigMap" && metadata.name === "kube-proxy-config")!;
  if (values.mode) data.config = data.config.replace('mode: "iptables"', `mode: "${values.mode}"`);
  if (values.ipvs?.scheduler) data.config += `ipvs:\n  scheduler: ${JSON.stringify(values.ipvs.scheduler)}\n`;
}

/** Puts the values into the objects, which are changed; daemon sets for hybrid nodes are added. */
export function configurePodIdentityAgent(objects: NewObject[], values: Values): void {
  const daemonSet = workload(objects);
  setPods(daemonSet, values);
  const extra: Record<string, string> = values.agent?.additionalArgs ?? {};
  daemonSet.spec.template.spec.containers[0].args.push(...Object.entries(extra).flat());
  for (const flavour of ["hybrid", "hybrid-bottlerocket"]) {
    if (values.daemonsets?.[flavour]?.create) objects.push(hybrid(daemonSet, `${AGENT_NAME}-${flavour}`));
  }
}

function hybrid(daemonSet: NewObject, name: string): NewObject {
  const copy = structuredClone(daemonSet);
  copy.metadata.name = name;
  const labels = { ...copy.spec.selector.matchLabels, "app.kubernetes.io/component": name };
  copy.spec.selector.matchLabels = labels;
  copy.spec.template.metadata.labels = { ...copy.spec.template.metadata.labels, ...labels };
  const expressions = [
    { key: "kubernetes.io/os", operator: "In", values: ["linux"] },
    { key: "eks.amazonaws.com/compute-type", operator: "In", values: ["hybrid"] },
  ];
  const required = { nodeSelectorTerms: [{ matchExpressions: expressions }] };
  copy.spec.template.spec.affinity = { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: required } };
  return copy;
}
