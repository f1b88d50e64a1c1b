// Endpoint slices and Endpoints: addresses, ports, hints.
import { isIPv4, isIPv6 } from "node:net";
import { duplicate, type FieldError, invalid, required, tooMany } from "../../api/field-error.ts";
import { dns1123Label, dns1123Subdomain, labelValueProblem, qualifiedKey } from "../../api/names.ts";
import type { NewObject } from "../../api/object.ts";
import type { Strategy } from "../strategy.ts";
import { address, immutable, named, oneOf, portNumber } from "./field-rules.ts";
import { specialAddress } from "./special-addresses.ts";

const addressTypes = ["FQDN", "IPv4", "IPv6"];
const protocols = ["SCTP", "TCP", "UDP"];
const most = { endpoints: 1000, addresses: 100, ports: 20_000, topology: 16, hints: 8 };

export const endpointSlices: Strategy = {
  generation: true,
  validate(object, old) {
    const { addressType, endpoints = [], ports = [] } = object;
    const errors = oneOf("addressType", addressType, addressTypes, true);
    if (endpoints.length > most.endpoints) errors.push(tooMany("endpoints", endpoints.length, most.endpoints));
    else for (const [i, endpoint] of endpoints.entries()) errors.push(...endpointErrors(endpoint, addressType, `endpoints[${i}]`));
    errors.push(...slicePortErrors(ports));
    if (isServer(object)) return errors.filter(notLoopback);
    return old ? [...errors, ...immutable("addressType", addressType, old.addressType)] : errors;
  },
};

/** This server listens on loopback, and its own endpoints say so. */
const isServer = ({ metadata }: NewObject) => metadata.namespace === "default" && metadata.name === "kubernetes";
const notLoopback = ({ body }: FieldError) => !body.includes("loopback range");

function endpointErrors(endpoint: any, type: string, at: string): FieldError[] {
  const errors: FieldError[] = [];
  const { addresses = [], nodeName, deprecatedTopology = {}, hostname, hints = {} } = endpoint;
  if (addresses.length === 0) errors.push(required(`${at}.addresses`, "must contain at least 1 address"));
  else if (addresses.length > most.addresses) errors.push(tooMany(`${at}.addresses`, addresses.length, most.addresses));
  for (const [i, each] of addresses.entries()) errors.push(...addressErrors(type, each, `${at}.addresses[${i}]`));
  if (nodeName !== undefined) errors.push(...named(`${at}.nodeName`, nodeName, dns1123Subdomain(nodeName)));
  const topology = Object.keys(deprecatedTopology);
  if (topology.length > most.topology) errors.push(tooMany(`${at}.deprecatedTopology`, topology.length, most.topology));
  if (hostname !== undefined) errors.push(...named(`${at}.hostname`, hostname, dns1123Label(hostname)));
  errors.push(...hintErrors(hints.forZones ?? [], labelValueProblem, `${at}.hints.forZones`));
  return [...errors, ...hintErrors(hints.forNodes ?? [], dns1123Subdomain, `${at}.hints.forNodes`)];
}

function hintErrors(hints: readonly any[], rule: (name: string) => string | undefined, at: string): FieldError[] {
  if (hints.length > most.hints) return [tooMany(at, hints.length, most.hints)];
  return hints.flatMap(({ name = "" }, i) => [
    ...(hints.findIndex((each) => each.name === name) < i ? [duplicate(`${at}[${i}].name`, name)] : []),
    ...named(`${at}[${i}].name`, name, rule(name)),
  ]);
}

function addressErrors(type: string, value: string, at: string): FieldError[] {
  if (type === "FQDN") return domainErrors(value, at);
  if (type !== "IPv4" && type !== "IPv6") return [];
  const fits = type === "IPv4" ? isIPv4(value) : isIPv6(value) && !value.includes("%");
  return [...(fits ? [] : [invalid(at, value, `must be a valid ${type} address`)]), ...specialAddress(at, value)];
}

function domainErrors(value: string, at: string): FieldError[] {
  if (value === "") return [required(at)];
  const name = value.replace(/\.$/, "");
  const problem = dns1123Subdomain(name);
  if (problem) return [invalid(at, name, problem)];
  const labels = name.split(".");
  if (labels.length < 2) return [invalid(at, name, "should be a domain with at least two segments separated by dots")];
  return labels.flatMap((label) => named(at, label, dns1123Label(label))).slice(0, 1);
}

function slicePortErrors(ports: readonly any[]): FieldError[] {
  if (ports.length > most.ports) return [tooMany("ports", ports.length, most.ports)];
  const errors: FieldError[] = [];
  const names = new Set<string>();
  for (const [i, { name = "", protocol, appProtocol }] of ports.entries()) {
    const at = `ports[${i}]`;
    if (name) errors.push(...named(`${at}.name`, name, dns1123Label(name)));
    if (names.has(name)) errors.push(duplicate(`${at}.name`, name));
    names.add(name);
    errors.push(...oneOf(`${at}.protocol`, protocol, protocols, true), ...applicationErrors(appProtocol, `${at}.appProtocol`));
  }
  return errors;
}

const applicationErrors = (value: string | undefined, at: string): FieldError[] =>
  value === undefined ? [] : qualifiedKey(value).map((problem) => invalid(at, value, problem));

export const endpoints: Strategy = {
  createOnUpdate: true,
  validate(object) {
    const errors = (object.subsets ?? []).flatMap((subset: any, i: number) => subsetErrors(subset, `subsets[${i}]`));
    return isServer(object) ? errors.filter(notLoopback) : errors;
  },
};

function subsetErrors(subset: any, at: string): FieldError[] {
  const errors: FieldError[] = [];
  const { addresses = [], notReadyAddresses = [], ports = [] } = subset;
  if (addresses.length + notReadyAddresses.length === 0) errors.push(required(at, "must specify `addresses` or `notReadyAddresses`"));
  for (const member of ["addresses", "notReadyAddresses"])
    for (const [i, { ip = "", hostname, nodeName }] of (subset[member] ?? []).entries()) {
      const place = `${at}.${member}[${i}]`;
      errors.push(...address(`${place}.ip`, ip));
      if (hostname) errors.push(...named(`${place}.hostname`, hostname, dns1123Label(hostname)));
      if (nodeName !== undefined) errors.push(...named(`${place}.nodeName`, nodeName, dns1123Subdomain(nodeName)));
      errors.push(...specialAddress(`${place}.ip`, ip));
    }
  for (const [i, { name = "", port = 0, protocol, appProtocol }] of ports.entries()) {
    const place = `${at}.ports[${i}]`;
    if (name) errors.push(...named(`${place}.name`, name, dns1123Label(name)));
    else if (ports.length > 1) errors.push(required(`${place}.name`));
    errors.push(...portNumber(`${place}.port`, port), ...oneOf(`${place}.protocol`, protocol, protocols, true));
    errors.push(...applicationErrors(appProtocol, `${place}.appProtocol`));
  }
  return errors;
}
