// A Service of type LoadBalancer as a Network Load Balancer (EKS User Guide, "Use Service Annotations to configure Network Load
// Balancers"; spec eks-control-plane §16.7). Annotations that are not named there are ignored.
import type { KubeObject } from "../../kubernetes/api/object.ts";
import { Annotations, addressTypeOf, schemeOf, targetAddressType, targetTypeOf } from "./annotations.ts";
import { type CheckModel, type ListenerModel, type LoadBalancerModel, ModelError, type TargetGroupModel } from "./model.ts";
import { NLB_CLASS, resourceName } from "./names.ts";

const PREFIX = "service.beta.kubernetes.io/aws-load-balancer-";

interface ServicePort {
  readonly name?: string;
  readonly protocol?: string;
  readonly port: number;
  readonly targetPort?: number | string;
  readonly nodePort?: number;
}

/** Whether Auto Mode makes the load balancer of a Service. */
export const isBalanced = ({ spec }: KubeObject) => spec?.type === "LoadBalancer" && spec.loadBalancerClass === NLB_CLASS;

/** The load balancer a Service asks for. `ipv6`: the cluster's pods have IPv6 addresses. Throws ModelError. */
export function serviceModel(service: KubeObject, clusterName: string, ipv6: boolean): LoadBalancerModel {
  const { name, namespace = "" } = service.metadata;
  const annotations = new Annotations(service, PREFIX);
  const scheme = schemeOf(annotations.text("scheme"));
  const targetType = targetTypeOf(annotations.text("nlb-target-type"));
  const ipAddressType = addressTypeOf(annotations.text("ip-address-type"), "network");
  const certificates = annotations.list("ssl-cert");
  const named = annotations.list("subnets");
  const ranges: string[] = (service.spec.loadBalancerSourceRanges ?? []).map((each: string) => each.trim());
  const targetGroups: TargetGroupModel[] = [];
  const listeners: ListenerModel[] = [];
  for (const { protocol, port } of mergedPorts(service.spec.ports ?? [])) {
    const secure = protocol === "TCP" && certificates.length > 0 && isSecure(port, annotations.list("ssl-ports"));
    const id = `${namespace}/${name}:${port.port}`;
    const groupPort = targetType === "instance" ? port.nodePort : typeof port.targetPort === "number" ? port.targetPort : 1;
    if (groupPort === undefined) throw new ModelError(`service ${namespace}/${name} has no node port for port ${port.port}`);
    const check = checkOf(annotations, service, targetType);
    const facts = [clusterName, id, protocol, String(groupPort), targetType, check.protocol];
    targetGroups.push({
      ...{ id, protocol, targetType, check, namespace },
      name: resourceName(namespace, name, ...facts),
      port: groupPort,
      ipAddressType: targetAddressType(ipv6, targetType, ipAddressType),
      attributes: { "proxy_protocol_v2.enabled": "false" },
      service: { name, port: port.port },
    });
    listeners.push({
      port: port.port,
      protocol: secure ? "TLS" : protocol,
      certificates: secure ? certificates : [],
      attributes: {},
      action: { type: "forward", group: id },
      rules: [],
    });
  }
  return {
    origin: "service",
    stack: `${namespace}/${name}`,
    kind: "network",
    name: resourceName(namespace, name, clusterName, `${namespace}/${name}`, scheme),
    ...{ scheme, ipAddressType },
    subnets: named.length > 0 ? { named } : {},
    sources: ranges.length > 0 ? ranges : ipAddressType === "ipv4" ? ["0.0.0.0/0"] : ["0.0.0.0/0", "::/0"],
    attributes: annotations.map("attributes"),
    tags: annotations.map("additional-resource-tags"),
    ...{ targetGroups, listeners },
  };
}

/** Ports with the protocol of their listener: TCP and UDP on one port are one listener if they lead to the same place. */
function mergedPorts(ports: readonly ServicePort[]): { readonly protocol: string; readonly port: ServicePort }[] {
  const merged = new Map<number, { protocol: string; port: ServicePort }>();
  for (const port of ports) {
    const { protocol = "TCP" } = port;
    if (protocol !== "TCP" && protocol !== "UDP") throw new ModelError(`unsupported protocol ${protocol} of port ${port.port}`);
    const present = merged.get(port.port);
    if (present && (present.port.targetPort !== port.targetPort || present.protocol === protocol))
      throw new ModelError(`port ${port.port} leads to different target ports by protocol`);
    merged.set(port.port, { protocol: present ? "TCP_UDP" : protocol, port: present?.port ?? port });
  }
  return [...merged.values()];
}

/** Without `ssl-ports` every port is secure. */
const isSecure = ({ name, port }: ServicePort, wanted: readonly string[]) =>
  wanted.length === 0 || wanted.includes("*") || wanted.includes(String(port)) || (name !== undefined && wanted.includes(name));

function checkOf(annotations: Annotations, { spec }: KubeObject, targetType: "ip" | "instance"): CheckModel {
  const local = targetType === "instance" && spec.externalTrafficPolicy === "Local" && spec.healthCheckNodePort;
  const protocol = (annotations.text("healthcheck-protocol") ?? (local ? "HTTP" : "TCP")).toUpperCase();
  if (!["TCP", "HTTP", "HTTPS"].includes(protocol)) throw new ModelError(`Unsupported health check protocol ${protocol}`);
  const port = annotations.text("healthcheck-port") ?? (local ? String(spec.healthCheckNodePort) : "traffic-port");
  const path = annotations.text("healthcheck-path") ?? (local ? "/healthz" : "/");
  return {
    ...{ protocol, port },
    ...(protocol === "TCP" ? {} : { path }),
    ...{ interval: 10, timeout: 10, healthy: 3, unhealthy: 3 },
  };
}
