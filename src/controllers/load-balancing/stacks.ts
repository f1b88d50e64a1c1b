// The stacks a cluster's objects ask for: Services of Auto Mode's class, and Ingresses by their group.
import { type ClassParams, ingressModel } from "../../clusters/load-balancing/ingress-model.ts";
import { type LoadBalancerModel, ModelError } from "../../clusters/load-balancing/model.ts";
import { ALB_CONTROLLER, CLASS_PARAMS, type Origin, stacksHeld } from "../../clusters/load-balancing/names.ts";
import { isBalanced, serviceModel } from "../../clusters/load-balancing/service-model.ts";
import type { KubeObject } from "../../kubernetes/api/object.ts";
import type { KubeClient } from "../../kubernetes/client/client.ts";
import { compileSelector } from "../../kubernetes/runtime/selectors.ts";
import type { ClusterRecord } from "../../services/eks/records.ts";

export const INGRESSES = "ingresses.networking.k8s.io";

/** Objects that share AWS resources. */
export interface Stack {
  readonly origin: Origin;
  readonly name: string;
  /** Resource type of its objects. */
  readonly type: string;
  /** Objects that want it. */
  readonly members: readonly KubeObject[];
  /** Objects that had it and leave: deleted, or of another class by now. */
  readonly leaving: readonly KubeObject[];
  /** Throws ModelError. */
  build(): LoadBalancerModel;
}

/** Every stack that objects want or leave. */
export function stacksOf(kube: KubeClient, cluster: ClusterRecord): Stack[] {
  return [...serviceStacks(kube, cluster), ...ingressStacks(kube, cluster)];
}

function serviceStacks(kube: KubeClient, cluster: ClusterRecord): Stack[] {
  const ipv6 = cluster.ipFamily === "ipv6";
  return kube.list("services").flatMap((service): Stack[] => {
    const wanted = isBalanced(service) && !service.metadata.deletionTimestamp;
    if (!wanted && stacksHeld("service", service.metadata).length === 0) return [];
    const { namespace, name } = service.metadata;
    return [
      {
        ...{ origin: "service", name: `${namespace}/${name}`, type: "services" },
        members: wanted ? [service] : [],
        leaving: wanted ? [] : [service],
        build: () => serviceModel(service, cluster.name, ipv6),
      },
    ];
  });
}

interface Group {
  readonly members: KubeObject[];
  readonly leaving: KubeObject[];
  params: ClassParams;
}

function ingressStacks(kube: KubeClient, cluster: ClusterRecord): Stack[] {
  const groups = new Map<string, Group>();
  const groupOf = (name: string) => {
    const group = groups.get(name) ?? { members: [], leaving: [], params: {} };
    groups.set(name, group);
    return group;
  };
  for (const ingress of kube.list(INGRESSES)) {
    const params = paramsOf(kube, ingress);
    const own = `${ingress.metadata.namespace}/${ingress.metadata.name}`;
    const wanted = params && !ingress.metadata.deletionTimestamp ? (params.group?.name ?? own) : undefined;
    if (wanted !== undefined && params) {
      const group = groupOf(wanted);
      group.members.push(ingress);
      group.params = params;
    }
    for (const before of stacksHeld("ingress", ingress.metadata)) if (before !== wanted) groupOf(before).leaving.push(ingress);
  }
  return [...groups].map(([name, { members, leaving, params }]) => ({
    ...{ origin: "ingress", name, type: INGRESSES, members, leaving },
    build() {
      for (const ingress of members) checkNamespace(kube, ingress, params);
      const service = (namespace: string, serviceName: string) => kube.get("services", namespace, serviceName);
      return ingressModel(name, members, params, { clusterName: cluster.name, ipv6: cluster.ipFamily === "ipv6", service });
    },
  }));
}

/** Parameters of an ingress's class; undefined if the class is not Auto Mode's. */
function paramsOf(kube: KubeClient, { spec }: KubeObject): ClassParams | undefined {
  const found = spec.ingressClassName === undefined ? undefined : kube.get("ingressclasses.networking.k8s.io", "", spec.ingressClassName);
  if (found?.spec.controller !== ALB_CONTROLLER) return undefined;
  const { parameters } = found.spec;
  if (parameters?.kind !== "IngressClassParams" || parameters.apiGroup !== "eks.amazonaws.com") return {};
  return kube.get(CLASS_PARAMS, "", parameters.name)?.spec ?? {};
}

function checkNamespace(kube: KubeClient, { metadata }: KubeObject, { namespaceSelector }: ClassParams): void {
  if (namespaceSelector === undefined) return;
  const labels = kube.get("namespaces", "", metadata.namespace ?? "")?.metadata.labels ?? {};
  if (!compileSelector(namespaceSelector)(labels))
    throw new ModelError(`namespaceSelector of IngressClassParams mismatch: namespace ${metadata.namespace}`);
}
