// Ingresses of one group as an Application Load Balancer (EKS User Guide, "Create an IngressClass to configure an Application Load
// Balancer"; spec eks-control-plane §16.7). What the class's parameters say wins over annotations.
import type { KubeObject } from "../../kubernetes/api/object.ts";
import type { LabelSelector } from "../../kubernetes/runtime/selectors.ts";
import { Annotations, addressTypeOf, schemeOf } from "./annotations.ts";
import { type Backends, backendAction, type IngressSources } from "./ingress-backends.ts";
import { rulesOf } from "./ingress-rules.ts";
import { type ListenerModel, type LoadBalancerModel, ModelError, type SubnetWish, type TargetGroupModel, type Texts } from "./model.ts";
import { resourceName } from "./names.ts";

export const ALB_PREFIX = "alb.ingress.kubernetes.io/";

/** Spec of IngressClassParams. */
export interface ClassParams {
  readonly namespaceSelector?: LabelSelector;
  readonly scheme?: string;
  readonly group?: { readonly name: string };
  readonly ipAddressType?: string;
  readonly certificateARNs?: readonly string[];
  readonly subnets?: {
    readonly ids?: readonly string[];
    readonly matchTags?: readonly { readonly key: string; readonly values: readonly string[] }[];
  };
  readonly tags?: readonly Pair[];
  readonly loadBalancerAttributes?: readonly Pair[];
  readonly listeners?: readonly { readonly protocol: string; readonly port: number; readonly listenerAttributes?: readonly Pair[] }[];
}

interface Pair {
  readonly key: string;
  readonly value: string;
}

const textsOf = (pairs: readonly Pair[] = []): Texts => Object.fromEntries(pairs.map(({ key, value }) => [key, value]));

/** The load balancer that ingresses share; they are taken by namespace and name. Throws ModelError. */
export function ingressModel(stack: string, group: readonly KubeObject[], params: ClassParams, sources: IngressSources): LoadBalancerModel {
  const ingresses = [...group].sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
  const annotated = ingresses.map((ingress) => new Annotations(ingress, ALB_PREFIX));
  const first = (name: string) =>
    same(
      name,
      annotated.flatMap((each) => each.text(name) ?? []),
    );
  const merged = (name: string): Texts => Object.assign({}, ...annotated.map((each) => each.map(name)));
  const scheme = schemeOf(params.scheme ?? first("scheme"));
  const ipAddressType = addressTypeOf(params.ipAddressType ?? first("ip-address-type"), "application");
  const certificates = [...(params.certificateARNs ?? new Set(annotated.flatMap((each) => each.list("certificate-arn"))))];
  const sources4 = annotated.flatMap((each) => each.list("inbound-cidrs"));
  const targetGroups = new Map<string, TargetGroupModel>();
  const backends: Backends = { ...sources, ipAddressType, targetGroups };
  const listeners = new Map<number, ListenerModel>();
  for (const [index, ingress] of ingresses.entries()) {
    const own = annotated[index]!;
    const rules = rulesOf(ingress, own, backends);
    const { defaultBackend } = ingress.spec;
    const fallback = defaultBackend ? backendAction(defaultBackend, ingress, own, backends) : undefined;
    const sslRedirect = own.whole("ssl-redirect");
    for (const { port, protocol } of portsOf(own, params, certificates.length > 0)) {
      const present = listeners.get(port);
      if (present && present.protocol !== protocol)
        throw new ModelError(`conflicting protocol for port ${port}: ${present.protocol} | ${protocol}`);
      if (protocol === "HTTPS" && certificates.length === 0)
        throw new ModelError(`no certificate found for host: ${hostsOf(ingress)[0] ?? ""}`);
      const moved = sslRedirect !== undefined && protocol === "HTTP";
      const sslPolicy = own.text("ssl-policy");
      const attributes = textsOf(params.listeners?.find((each) => each.port === port)?.listenerAttributes);
      listeners.set(port, {
        ...{ port, protocol, attributes },
        certificates: protocol === "HTTPS" ? certificates : [],
        ...(protocol === "HTTPS" && sslPolicy !== undefined ? { sslPolicy } : {}),
        action: moved
          ? { type: "redirect", port: sslRedirect }
          : (fallback ?? present?.action ?? { type: "fixed-response", code: "404", body: "" }),
        rules: [...(present?.rules ?? []), ...(moved ? [] : rules)],
      });
    }
  }
  const [namespace, name] = stack.includes("/") ? stack.split("/") : ["", stack];
  return {
    ...{ origin: "ingress", stack, kind: "application", scheme, ipAddressType },
    name: resourceName(namespace!, name!, sources.clusterName, stack, scheme),
    subnets: wishOf(
      params,
      annotated.flatMap((each) => each.list("subnets")),
    ),
    sources: sources4.length > 0 ? [...new Set(sources4)] : ipAddressType === "ipv4" ? ["0.0.0.0/0"] : ["0.0.0.0/0", "::/0"],
    attributes: { ...merged("load-balancer-attributes"), ...textsOf(params.loadBalancerAttributes) },
    tags: { ...merged("tags"), ...textsOf(params.tags) },
    targetGroups: [...targetGroups.values()],
    listeners: [...listeners.values()].sort((a, b) => a.port - b.port),
  };
}

const keyOf = ({ metadata }: KubeObject) => `${metadata.namespace}/${metadata.name}`;

const hostsOf = ({ spec }: KubeObject): string[] => (spec.tls ?? []).flatMap(({ hosts = [] }: { hosts?: string[] }) => hosts);

/** The one value that all give. Throws ModelError. */
function same(name: string, values: readonly string[]): string | undefined {
  if (new Set(values).size > 1) throw new ModelError(`conflicting ${name}: [${[...new Set(values)].sort().join(" ")}]`);
  return values[0];
}

function wishOf({ subnets }: ClassParams, annotated: readonly string[]): SubnetWish {
  if (subnets?.ids) return { named: subnets.ids };
  if (subnets?.matchTags) return { tags: Object.fromEntries(subnets.matchTags.map(({ key, values }) => [key, values])) };
  return annotated.length > 0 ? { named: [...new Set(annotated)] } : {};
}

/** Ports an ingress listens on: those of its class, or its own, or the usual one. Throws ModelError. */
function portsOf(own: Annotations, { listeners }: ClassParams, secure: boolean): { readonly port: number; readonly protocol: string }[] {
  if (listeners && listeners.length > 0) return listeners.map(({ port, protocol }) => ({ port, protocol }));
  const given = own.json("listen-ports");
  if (given === undefined) return [secure ? { port: 443, protocol: "HTTPS" } : { port: 80, protocol: "HTTP" }];
  if (!Array.isArray(given) || given.length === 0)
    throw new ModelError(`empty listen-ports configuration: \`${own.text("listen-ports")}\``);
  return given.flatMap((each: unknown) => {
    if (each === null || typeof each !== "object")
      throw new ModelError(`failed to parse listen-ports configuration: \`${own.text("listen-ports")}\``);
    return Object.entries(each).map(([protocol, port]) => {
      if (protocol !== "HTTP" && protocol !== "HTTPS") throw new ModelError(`listen protocol must be HTTP or HTTPS: ${protocol}`);
      if (typeof port !== "number" || !Number.isInteger(port) || port < 1 || port > 65_535)
        throw new ModelError(`listen port must be within [1, 65535]: ${String(port)}`);
      return { port, protocol };
    });
  });
}
