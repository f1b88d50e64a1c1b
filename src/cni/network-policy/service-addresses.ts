// Cluster addresses of Services in egress rules: the agent sees packets before kube-proxy rewrites them, so the Service's address must be
// allowed besides the addresses of its pods (spec vpc-cni §8.1).
import type { KubeObject } from "../../kubernetes/api/object.ts";
import { compileSelector, type LabelSelector, matchesMap } from "../../kubernetes/runtime/selectors.ts";
import { distinct, portKey } from "./keys.ts";
import { containerPort, entryPort, protocolOf } from "./ports.ts";
import type { Entry, EntryPort, PolicyRulePort, PolicyView } from "./types.ts";

/** Entries for the Services of a namespace whose own selector, read as labels, the peer's selector matches. */
export function serviceEntries(
  view: PolicyView,
  namespace: string,
  selector: LabelSelector | undefined,
  ports: readonly PolicyRulePort[],
): Entry[] {
  const matches = compileSelector(selector ?? {});
  return view
    .services(namespace)
    .filter(({ spec }) => spec?.clusterIP && spec.clusterIP !== "None" && matches(spec.selector))
    .flatMap((service) => {
      const listening = servicePorts(view, service, ports);
      return listening ? [{ cidr: service.spec.clusterIP, ...(listening.length > 0 && { ports: listening }) }] : [];
    });
}

/** Undefined if the rule names ports and the Service has none of them. */
function servicePorts(view: PolicyView, service: KubeObject, ports: readonly PolicyRulePort[]): EntryPort[] | undefined {
  const found = ports.flatMap((each): EntryPort[] => {
    const protocol = protocolOf(each);
    if (each.port === undefined) return [{ protocol }];
    const port = listenPort(view, service, each.port, protocol);
    if (port === undefined) return [];
    return [entryPort(protocol, port, each.endPort !== undefined && each.endPort >= port ? each.endPort : undefined)];
  });
  return ports.length > 0 && found.length === 0 ? undefined : distinct(found, portKey);
}

/** The Service's port whose target is the rule's port: as written, or as the container of its first pod declares it. */
function listenPort(view: PolicyView, service: KubeObject, port: number | string, protocol: string): number | undefined {
  const ports: readonly { port: number; targetPort?: number | string; protocol?: string }[] = (service.spec.ports ?? []).filter(
    (each: { protocol?: string }) => (each.protocol ?? "TCP") === protocol,
  );
  const written = ports.find((each) => (each.targetPort ?? each.port) === port);
  if (written) return written.port;
  const { namespace = "" } = service.metadata;
  const pod = view.pods(namespace).find(({ metadata }) => matchesMap(service.spec.selector, metadata.labels));
  const declared = pod && containerPort(pod, port, protocol);
  return declared && ports.find(({ targetPort }) => targetPort === declared.port || (declared.name && targetPort === declared.name))?.port;
}
