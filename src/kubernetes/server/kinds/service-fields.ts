// What a Service's spec may say, and what of it may change.
import { isIPv6 } from "node:net";
import { duplicate, type FieldError, forbiddenField, invalid, notSupported, required, tooMany } from "../../api/field-error.ts";
import { equalJson } from "../../api/json.ts";
import { dns1123Label, dns1123Subdomain, qualifiedKey } from "../../api/names.ts";
import { validateLabels } from "../metadata.ts";
import { address, addressBlock, named, oneOf, portNumber, portOrName } from "./field-rules.ts";

const types = ["ClusterIP", "ExternalName", "LoadBalancer", "NodePort"];
const kubeletPort = 10250;
const longestAffinity = 86_400;

/** Findings about a service's spec, defaults already filled in. */
export function validateService(spec: any): FieldError[] {
  const errors: FieldError[] = [];
  const ports: any[] = spec.ports ?? [];
  const headless = spec.clusterIP === "None";
  if (ports.length === 0 && !headless && spec.type !== "ExternalName") errors.push(required("spec.ports"));
  errors.push(...typeErrors(spec, ports, headless));
  const names = new Set<string>();
  for (const [i, port] of ports.entries()) errors.push(...portErrors(port, `spec.ports[${i}]`, ports.length > 1, names));
  errors.push(...validateLabels(spec.selector, "spec.selector"), ...affinityErrors(spec));
  errors.push(...oneOf("spec.type", spec.type, types, true));
  errors.push(...clashes(ports), ...addressErrors(spec), ...trafficErrors(spec));
  if (spec.type === "ClusterIP") {
    for (const [i, port] of ports.entries())
      if (port.nodePort) errors.push(forbiddenField(`spec.ports[${i}].nodePort`, "may not be used when `type` is 'ClusterIP'"));
  }
  return errors;
}

function typeErrors(spec: any, ports: any[], headless: boolean): FieldError[] {
  const errors: FieldError[] = [];
  const none = () => errors.push(invalid("spec.clusterIPs[0]", "None", `may not be set to 'None' for ${spec.type} services`));
  if (spec.type === "LoadBalancer") {
    const open = `may not expose port ${kubeletPort} externally since it is used by kubelet`;
    for (const [i, { port }] of ports.entries()) if (port === kubeletPort) errors.push(invalid(`spec.ports[${i}]`, port, open));
    if (headless) none();
  } else if (spec.type === "NodePort" && headless) none();
  else if (spec.type === "ExternalName") {
    if (spec.clusterIPs?.length || spec.clusterIP)
      errors.push(forbiddenField("spec.clusterIPs", "may not be set for ExternalName services"));
    if (spec.ipFamilies?.length) errors.push(forbiddenField("spec.ipFamilies", "may not be set for ExternalName services"));
    if (spec.ipFamilyPolicy !== undefined) errors.push(forbiddenField("spec.ipFamilyPolicy", "may not be set for ExternalName services"));
    const name = (spec.externalName ?? "").replace(/\.$/, "");
    errors.push(...(name ? named("spec.externalName", name, dns1123Subdomain(name)) : [required("spec.externalName")]));
  }
  return errors;
}

function portErrors(port: any, at: string, needsName: boolean, names: Set<string>): FieldError[] {
  const errors: FieldError[] = [];
  if (!port.name) {
    if (needsName) errors.push(required(`${at}.name`));
  } else {
    errors.push(...named(`${at}.name`, port.name, dns1123Label(port.name)));
    if (names.has(port.name)) errors.push(duplicate(`${at}.name`, port.name));
    names.add(port.name);
  }
  errors.push(...portNumber(`${at}.port`, port.port), ...oneOf(`${at}.protocol`, port.protocol, ["SCTP", "TCP", "UDP"], true));
  if (port.targetPort !== undefined) errors.push(...portOrName(`${at}.targetPort`, port.targetPort));
  if (port.appProtocol !== undefined)
    for (const problem of qualifiedKey(port.appProtocol)) errors.push(invalid(`${at}.appProtocol`, port.appProtocol, problem));
  return errors;
}

/** Ports and node ports that occur twice for one protocol. */
function clashes(ports: any[]): FieldError[] {
  const errors: FieldError[] = [];
  const [nodes, seen] = [new Set<string>(), new Set<string>()];
  for (const [i, { port, protocol, nodePort }] of ports.entries()) {
    if (nodePort && nodes.has(`${protocol}/${nodePort}`)) errors.push(duplicate(`spec.ports[${i}].nodePort`, nodePort));
    nodes.add(`${protocol}/${nodePort}`);
    if (seen.has(`${protocol}/${port}`)) errors.push(duplicate(`spec.ports[${i}]`, { port, protocol }));
    seen.add(`${protocol}/${port}`);
  }
  return errors;
}

function affinityErrors({ sessionAffinity, sessionAffinityConfig: config }: any): FieldError[] {
  const errors = oneOf("spec.sessionAffinity", sessionAffinity, ["ClientIP", "None"], true);
  const at = "spec.sessionAffinityConfig";
  if (sessionAffinity === "None" && config !== undefined) errors.push(forbiddenField(at, "must not be set when session affinity is None"));
  if (sessionAffinity !== "ClientIP") return errors;
  const needed = "when session affinity type is ClientIP";
  const seconds = config?.clientIP?.timeoutSeconds;
  if (!config) errors.push(required(at, needed));
  else if (!config.clientIP) errors.push(required(`${at}.clientIP`, needed));
  else if (seconds === undefined) errors.push(required(`${at}.clientIP.timeoutSeconds`, needed));
  else if (seconds <= 0 || seconds > longestAffinity)
    errors.push(invalid(`${at}.clientIP.timeoutSeconds`, seconds, `must be greater than 0 and less than ${longestAffinity}`));
  return errors;
}

function addressErrors(spec: any): FieldError[] {
  if (spec.type === "ExternalName") return [];
  const errors: FieldError[] = [];
  const families: string[] = spec.ipFamilies ?? [];
  const addresses: string[] = spec.clusterIPs ?? (spec.clusterIP ? [spec.clusterIP] : []);
  errors.push(...oneOf("spec.ipFamilyPolicy", spec.ipFamilyPolicy, ["PreferDualStack", "RequireDualStack", "SingleStack"]));
  for (const [i, family] of families.entries()) {
    if (!["IPv4", "IPv6"].includes(family)) errors.push(notSupported(`spec.ipFamilies[${i}]`, family, ["IPv4", "IPv6"]));
    if (families.indexOf(family) < i) errors.push(duplicate(`spec.ipFamilies[${i}]`, family));
  }
  if (spec.clusterIP && spec.clusterIPs?.length && spec.clusterIPs[0] !== spec.clusterIP)
    errors.push(invalid("spec.clusterIPs", addresses, "first value must match `clusterIP`"));
  if (addresses.length > 2) errors.push(tooMany("spec.clusterIPs", addresses.length, 2));
  for (const [i, each] of addresses.entries()) {
    const at = `spec.clusterIPs[${i}]`;
    if (each === "None") {
      if (addresses.length > 1) errors.push(invalid("spec.clusterIPs", addresses, "'None' must be the first and only value"));
    } else if (each !== "") {
      const wrong = address(at, each);
      errors.push(...wrong);
      const family = isIPv6(each) ? "IPv6" : "IPv4";
      if (wrong.length === 0 && families[i] !== undefined && families[i] !== family)
        errors.push(invalid(at, each, `expected an ${families[i]} value as indicated by \`ipFamilies[${i}]\``));
    }
  }
  for (const [i, each] of (spec.externalIPs ?? []).entries()) errors.push(...address(`spec.externalIPs[${i}]`, each));
  return errors;
}

function trafficErrors(spec: any): FieldError[] {
  const errors: FieldError[] = [];
  const balanced = spec.type === "LoadBalancer";
  const ranges: string[] = spec.loadBalancerSourceRanges ?? [];
  if (ranges.length > 0 && !balanced)
    errors.push(forbiddenField("spec.LoadBalancerSourceRanges", "may only be used when `type` is 'LoadBalancer'"));
  else for (const [i, each] of ranges.entries()) errors.push(...addressBlock(`spec.loadBalancerSourceRanges[${i}]`, each.trim()));
  if (!balanced && spec.allocateLoadBalancerNodePorts !== undefined)
    errors.push(forbiddenField("spec.allocateLoadBalancerNodePorts", "may only be used when `type` is 'LoadBalancer'"));
  if (!balanced && spec.loadBalancerClass !== undefined)
    errors.push(forbiddenField("spec.loadBalancerClass", "may only be used when `type` is 'LoadBalancer'"));
  errors.push(...oneOf("spec.internalTrafficPolicy", spec.internalTrafficPolicy, ["Cluster", "Local"]));
  const outside = balanced || spec.type === "NodePort" || (spec.externalIPs?.length ?? 0) > 0;
  if (spec.externalTrafficPolicy === undefined) return errors;
  if (!outside)
    errors.push(invalid("spec.externalTrafficPolicy", spec.externalTrafficPolicy, "may only be set for externally-accessible services"));
  else errors.push(...oneOf("spec.externalTrafficPolicy", spec.externalTrafficPolicy, ["Cluster", "Local"]));
  return errors;
}

/** Findings about a change of a service's spec, after what the server allocated was carried over. */
export function validateServiceUpdate(spec: any, old: any): FieldError[] {
  if (old.type === "ExternalName" || spec.type === "ExternalName") return [];
  const errors: FieldError[] = [];
  const [addresses, before] = [spec.clusterIPs ?? [spec.clusterIP ?? ""], old.clusterIPs ?? []];
  if (before[0] && before[0] !== (spec.clusterIP || addresses[0]))
    errors.push(invalid("spec.clusterIPs[0]", spec.clusterIPs ?? [spec.clusterIP ?? ""], "may not change once set"));
  else if (before[1] && addresses[1] && before[1] !== addresses[1])
    errors.push(invalid("spec.clusterIPs[1]", addresses, "may not change once set"));
  if (old.ipFamilies?.[0] && spec.ipFamilies?.[0] && old.ipFamilies[0] !== spec.ipFamilies[0])
    errors.push(invalid("spec.ipFamilies[0]", spec.ipFamilies, "may not change once set"));
  if (
    old.type === "LoadBalancer" &&
    spec.type === "LoadBalancer" &&
    !equalJson(spec.loadBalancerClass ?? null, old.loadBalancerClass ?? null)
  )
    errors.push(invalid("spec.loadBalancerClass", spec.loadBalancerClass ?? null, "may not change once set"));
  return errors;
}
