// Ports of rules as numbers: names are looked up in the containers they lead to (spec vpc-cni §8.1).
import type { KubeObject } from "../../kubernetes/api/object.ts";
import { distinct, portKey } from "./keys.ts";
import type { EntryPort, PolicyRulePort } from "./types.ts";

const DEFAULT_PROTOCOL = "TCP";

/** The protocol of a rule's port. */
export const protocolOf = ({ protocol }: PolicyRulePort): string => protocol ?? DEFAULT_PROTOCOL;

/** A container's port by name or number and protocol, with its name. A number no container declares is taken at its word. */
export function containerPort(pod: KubeObject, port: number | string, protocol: string): { port: number; name?: string } | undefined {
  for (const container of pod.spec.containers ?? []) {
    for (const each of container.ports ?? []) {
      if ((each.protocol ?? DEFAULT_PROTOCOL) !== protocol) continue;
      if (port === (typeof port === "string" ? each.name : each.containerPort)) return { port: each.containerPort, name: each.name };
    }
  }
  return typeof port === "number" ? { port } : undefined;
}

/**
 * A rule's ports at the pods that are talked to. Names resolve at each pod; what no pod declares falls away. Undefined if the rule names
 * ports and none is left: such a rule admits nothing. An empty list: every port.
 */
export function portsAt(pods: readonly KubeObject[], ports: readonly PolicyRulePort[]): EntryPort[] | undefined {
  const found = ports.flatMap((each): EntryPort[] => {
    const { port } = each;
    const protocol = protocolOf(each);
    if (port === undefined) return [{ protocol }];
    if (typeof port === "number") return [entryPort(protocol, port, each.endPort)];
    return pods.flatMap((pod) => containerPort(pod, port, protocol)?.port ?? []).map((number) => ({ protocol, port: number }));
  });
  return ports.length > 0 && found.length === 0 ? undefined : distinct(found, portKey);
}

/** A port or range of an entry. */
export const entryPort = (protocol: string, port: number, endPort?: number): EntryPort => ({
  protocol,
  port,
  ...(endPort !== undefined && { endPort }),
});
