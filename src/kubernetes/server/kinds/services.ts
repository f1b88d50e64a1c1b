// Services: addresses from the service range, node ports, and what may change.
import { randomInt } from "../../../base/random.ts";
import { duplicate, type FieldError, forbiddenField, invalid, notSupported, required } from "../../api/field-error.ts";
import { dns1035Label, dns1123Label } from "../../api/names.ts";
import type { KubeObject, NewObject } from "../../api/object.ts";
import type { ServerContext } from "../context.ts";
import type { Strategy } from "../strategy.ts";
import { addressAt, addressValue, isUsable, parseRange } from "./service-range.ts";

const resource = { group: "", plural: "services" };
const types = ["ClusterIP", "ExternalName", "LoadBalancer", "NodePort"];
const cidrOf = (context: ServerContext) => context.options.serviceCidr ?? "10.100.0.0/16";

export const services: Strategy = {
  nameProblem: dns1035Label,
  returnsDeleted: true,
  prepareCreate(object) {
    object.status = { loadBalancer: {} };
  },
  prepareUpdate(object, old) {
    keepAllocated(object.spec ?? {}, old.spec ?? {});
  },
  validate(object, old) {
    const errors = validateService(object.spec ?? {});
    const [before, after] = [old?.spec?.clusterIP, object.spec?.clusterIP];
    if (before && after !== before && old?.spec?.type !== "ExternalName" && object.spec?.type !== "ExternalName") {
      errors.push(invalid("spec.clusterIPs[0]", object.spec?.clusterIPs ?? [after], "may not change once set"));
    }
    return errors;
  },
  allocate(object, old, context) {
    return [...allocateAddress(object, old, context), ...allocatePorts(object, old, context)];
  },
};

const needsPorts = (spec: any) =>
  spec.type === "NodePort" || (spec.type === "LoadBalancer" && spec.allocateLoadBalancerNodePorts !== false);

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

function validateService(spec: any): FieldError[] {
  const errors: FieldError[] = [];
  const ports = spec.ports ?? [];
  if (!types.includes(spec.type)) errors.push(notSupported("spec.type", spec.type, types));
  if (ports.length === 0 && spec.clusterIP !== "None" && spec.type !== "ExternalName") errors.push(required("spec.ports"));
  if (spec.type === "ExternalName" && !spec.externalName) errors.push(required("spec.externalName"));
  const [names, seen] = [new Set<string>(), new Set<string>()];
  for (const [i, port] of ports.entries()) {
    const at = `spec.ports[${i}]`;
    if (!port.name && ports.length > 1) errors.push(required(`${at}.name`));
    if (port.name) {
      const problem = dns1123Label(port.name);
      if (problem) errors.push(invalid(`${at}.name`, port.name, problem));
      if (names.has(port.name)) errors.push(duplicate(`${at}.name`, port.name));
      names.add(port.name);
    }
    if (!Number.isInteger(port.port) || port.port < 1 || port.port > 65535)
      errors.push(invalid(`${at}.port`, port.port ?? 0, "must be between 1 and 65535, inclusive"));
    if (!["TCP", "UDP", "SCTP"].includes(port.protocol)) errors.push(notSupported(`${at}.protocol`, port.protocol, ["SCTP", "TCP", "UDP"]));
    const key = `${port.protocol}/${port.port}`;
    if (seen.has(key)) errors.push(duplicate(at, { port: port.port, protocol: port.protocol }));
    seen.add(key);
    if (port.nodePort && spec.type === "ClusterIP")
      errors.push(forbiddenField(`${at}.nodePort`, "may not be used when `type` is 'ClusterIP'"));
  }
  if (!["None", "ClientIP"].includes(spec.sessionAffinity))
    errors.push(notSupported("spec.sessionAffinity", spec.sessionAffinity, ["ClientIP", "None"]));
  if (spec.clusterIP && spec.clusterIP !== "None" && addressValue(spec.clusterIP) === undefined) {
    errors.push(invalid("spec.clusterIPs[0]", spec.clusterIP, "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"));
  }
  return errors;
}

interface Taken {
  readonly version: number;
  readonly addresses: Map<string, string>;
  readonly ports: Map<number, string>;
}

const taken = new WeakMap<ServerContext, Taken>();

function takenBy(context: ServerContext): Taken {
  const version = context.objects.changes(resource);
  let known = taken.get(context);
  if (known?.version !== version) {
    known = { version, addresses: new Map(), ports: new Map() };
    for (const service of context.objects.list(resource)) {
      const owner = service.metadata.uid;
      for (const address of service.spec?.clusterIPs ?? []) if (address !== "None") known.addresses.set(address, owner);
      for (const port of service.spec?.ports ?? []) if (port.nodePort) known.ports.set(port.nodePort, owner);
    }
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
  const range = parseRange(cidrOf(context));
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
    if (!isUsable(range, spec.clusterIP))
      return refuse(`the provided IP (${spec.clusterIP}) is not in the valid range. The range of valid IPs is ${cidrOf(context)}`);
    return addresses.has(spec.clusterIP) ? refuse("provided IP is already allocated") : [];
  }
  const total = range.size - (range.six ? 1n : 2n);
  const bound = Number(total > 65_536n ? 65_536n : total);
  // Kubernetes keeps a band at the start of the range for addresses people choose.
  const band = Math.min(Math.max(16, Math.floor(bound / 16)), 256);
  const from = bound > band * 2 ? band + randomInt(context.options.random, bound - band) : 0;
  for (let i = 0; i < bound; i++) {
    const address = addressAt(range, BigInt(1 + ((from + i) % bound)));
    if (addresses.has(address)) continue;
    spec.clusterIP = address;
    spec.clusterIPs = [address];
    return [];
  }
  return [invalid("spec.clusterIPs", [], "failed to allocate a serviceIP: range is full")];
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
