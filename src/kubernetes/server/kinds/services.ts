// Services: addresses from the service range, node ports, and what may change.
import { randomInt } from "../../../base/random.ts";
import { type FieldError, invalid } from "../../api/field-error.ts";
import { equalJson } from "../../api/json.ts";
import { dns1035Label } from "../../api/names.ts";
import type { KubeObject, NewObject } from "../../api/object.ts";
import type { ServerContext } from "../context.ts";
import type { Strategy } from "../strategy.ts";
import { validateService, validateServiceUpdate } from "./service-fields.ts";
import { addressAt, isUsable, parseRange, type Range } from "./service-range.ts";

const resource = { group: "", plural: "services" };
const rangeObjects = { group: "networking.k8s.io", plural: "servicecidrs" };
const addressObjects = { group: "networking.k8s.io", plural: "ipaddresses" };
const cidrOf = (context: ServerContext) => context.options.serviceCidr ?? "10.100.0.0/16";

export const services: Strategy = {
  nameProblem: dns1035Label,
  returnsDeleted: true,
  prepareCreate(object) {
    object.status = { loadBalancer: {} };
  },
  prepareUpdate(object, old) {
    dropForType(object.spec ?? {}, old.spec ?? {});
    keepAllocated(object.spec ?? {}, old.spec ?? {});
  },
  validate(object, old) {
    return [...validateService(object.spec ?? {}), ...(old ? validateServiceUpdate(object.spec ?? {}, old.spec ?? {}) : [])];
  },
  allocate(object, old, context) {
    return [...allocateAddress(object, old, context), ...allocatePorts(object, old, context)];
  },
};

const needsPorts = (spec: any) =>
  spec.type === "NodePort" || (spec.type === "LoadBalancer" && spec.allocateLoadBalancerNodePorts !== false);

/** What only the old type could have and the client sent back unchanged goes with the type. */
function dropForType(spec: any, before: any): void {
  const drop = (needs: (each: any) => boolean, ...members: string[]) => {
    if (!needs(before) || needs(spec)) return;
    if (members.every((member) => equalJson(spec[member] ?? null, before[member] ?? null)))
      for (const member of members) delete spec[member];
  };
  drop((each) => each.type !== "ExternalName", "clusterIP", "clusterIPs");
  drop((each) => each.type !== "ExternalName", "ipFamilies");
  drop((each) => each.type !== "ExternalName", "ipFamilyPolicy");
  drop((each) => each.type === "LoadBalancer", "allocateLoadBalancerNodePorts");
  drop((each) => each.type === "LoadBalancer", "loadBalancerClass");
  drop((each) => each.type === "LoadBalancer" || each.type === "NodePort" || each.externalIPs?.length > 0, "externalTrafficPolicy");
}

/** An update that leaves out what the server allocated keeps it. */
function keepAllocated(spec: any, before: any): void {
  if (spec.type !== "ExternalName" && before.type !== "ExternalName") {
    if (!spec.clusterIP && before.clusterIP) {
      spec.clusterIP = before.clusterIP;
      spec.clusterIPs ??= before.clusterIPs;
    }
    spec.ipFamilies ??= before.ipFamilies;
    spec.ipFamilyPolicy ??= before.ipFamilyPolicy;
  }
  if (!needsPorts(spec) || !needsPorts(before)) {
    if (!needsPorts(spec) && needsPorts(before) && spec.type === "ClusterIP") for (const port of spec.ports ?? []) delete port.nodePort;
    return;
  }
  for (const port of spec.ports ?? []) {
    if (port.nodePort) continue;
    const same = (before.ports ?? []).find((each: any) => each.port === port.port && each.protocol === port.protocol);
    if (same?.nodePort) port.nodePort = same.nodePort;
  }
}

/** The cluster's own range, and those of its ServiceCIDRs that are ready, of the same family. */
function rangesOf(context: ServerContext): Range[] {
  const own = parseRange(cidrOf(context));
  const ready = ({ metadata, status }: KubeObject) =>
    !metadata.deletionTimestamp && status?.conditions?.some((each: any) => each.type === "Ready" && each.status === "True");
  const more = context.objects.list(rangeObjects).filter((each) => each.metadata.name !== "kubernetes" && ready(each));
  return [own, ...more.flatMap(({ spec }) => (spec.cidrs as string[]).map(parseRange)).filter(({ six }) => six === own.six)];
}

interface Taken {
  readonly version: string;
  readonly addresses: Map<string, string>;
  readonly ports: Map<number, string>;
}

const taken = new WeakMap<ServerContext, Taken>();

function takenBy(context: ServerContext): Taken {
  const version = `${context.objects.changes(resource)}/${context.objects.changes(addressObjects)}`;
  let known = taken.get(context);
  if (known?.version !== version) {
    known = { version, addresses: new Map(), ports: new Map() };
    for (const service of context.objects.list(resource)) {
      const owner = service.metadata.uid;
      for (const address of service.spec?.clusterIPs ?? []) if (address !== "None") known.addresses.set(address, owner);
      for (const port of service.spec?.ports ?? []) if (port.nodePort) known.ports.set(port.nodePort, owner);
    }
    // Somebody may have taken an address without a Service.
    for (const { metadata } of context.objects.list(addressObjects))
      if (!known.addresses.has(metadata.name)) known.addresses.set(metadata.name, metadata.uid);
    taken.set(context, known);
  }
  return known;
}

function allocateAddress(object: NewObject, old: KubeObject | undefined, context: ServerContext): FieldError[] {
  const { spec } = object;
  if (spec.type === "ExternalName") {
    for (const member of ["clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy"]) delete spec[member];
    return [];
  }
  const ranges = rangesOf(context);
  const [range] = ranges as [Range];
  spec.ipFamilyPolicy ??= "SingleStack";
  spec.ipFamilies ??= [range.six ? "IPv6" : "IPv4"];
  if (spec.clusterIP === "None") {
    spec.clusterIPs = ["None"];
    return [];
  }
  const { addresses } = takenBy(context);
  if (spec.clusterIP) {
    spec.clusterIPs ??= [spec.clusterIP];
    if (spec.clusterIP === old?.spec?.clusterIP) return [];
    const refuse = (why: string) => [invalid("spec.clusterIPs", [spec.clusterIP], `failed to allocate IP ${spec.clusterIP}: ${why}`)];
    if (!ranges.some((each) => isUsable(each, spec.clusterIP)))
      return refuse(`the provided IP (${spec.clusterIP}) is not in the valid range. The range of valid IPs is ${cidrOf(context)}`);
    return addresses.has(spec.clusterIP) ? refuse("provided IP is already allocated") : [];
  }
  for (const each of ranges) {
    const address = freeAddress(each, addresses, context);
    if (address === undefined) continue;
    spec.clusterIP = address;
    spec.clusterIPs = [address];
    return [];
  }
  return [invalid("spec.clusterIPs", [], "failed to allocate a serviceIP: range is full")];
}

/** An address of a range that nobody has; undefined if it is full. */
function freeAddress(range: Range, taken: ReadonlyMap<string, string>, context: ServerContext): string | undefined {
  const total = range.size - (range.six ? 1n : 2n);
  const bound = Number(total > 65_536n ? 65_536n : total);
  // Kubernetes keeps a band at the start of the range for addresses people choose.
  const band = Math.min(Math.max(16, Math.floor(bound / 16)), 256);
  const from = bound > band * 2 ? band + randomInt(context.options.random, bound - band) : 0;
  for (let i = 0; i < bound; i++) {
    const address = addressAt(range, BigInt(1 + ((from + i) % bound)));
    if (!taken.has(address)) return address;
  }
  return undefined;
}

function allocatePorts(object: NewObject, old: KubeObject | undefined, context: ServerContext): FieldError[] {
  const { spec } = object;
  if (!needsPorts(spec)) return [];
  const [low, high] = context.options.nodePorts ?? [30000, 32767];
  const { ports } = takenBy(context);
  const mine = new Set<number>((old?.spec?.ports ?? []).map((each: any) => each.nodePort));
  const chosen = new Set<number>();
  const errors: FieldError[] = [];
  for (const [i, port] of (spec.ports ?? []).entries()) {
    if (!port.nodePort) continue;
    const field = `spec.ports[${i}].nodePort`;
    if (port.nodePort < low || port.nodePort > high) {
      errors.push(invalid(field, port.nodePort, `provided port is not in the valid range. The range of valid ports is ${low}-${high}`));
    } else if (ports.has(port.nodePort) && !mine.has(port.nodePort))
      errors.push(invalid(field, port.nodePort, "provided port is already allocated"));
    chosen.add(port.nodePort);
  }
  for (const port of spec.ports ?? []) {
    if (port.nodePort) continue;
    const size = high - low + 1;
    const from = randomInt(context.options.random, size);
    for (let i = 0; i < size; i++) {
      const candidate = low + ((from + i) % size);
      if (ports.has(candidate) || chosen.has(candidate)) continue;
      port.nodePort = candidate;
      chosen.add(candidate);
      break;
    }
    if (!port.nodePort) errors.push(invalid("spec.ports", spec.ports.length, "failed to allocate a nodePort: range is full"));
  }
  return errors;
}
