// Endpoint slices, leases and runtime classes.
import { isIPv4, isIPv6 } from "node:net";
import { duplicate, type FieldError, invalid, required, tooMany } from "../../api/field-error.ts";
import { dns1123Label, dns1123Subdomain } from "../../api/names.ts";
import type { Strategy } from "../strategy.ts";
import { atLeast, immutable, named, oneOf, portNumber } from "./field-rules.ts";

const addressTypes = ["FQDN", "IPv4", "IPv6"];
const most = { endpoints: 1000, addresses: 100, ports: 20_000 };

export const endpointSlices: Strategy = {
  generation: true,
  validate(object, old) {
    const errors: FieldError[] = [];
    const { addressType, endpoints = [], ports = [] } = object;
    errors.push(...oneOf("addressType", addressType, addressTypes, true));
    if (endpoints.length > most.endpoints) errors.push(tooMany("endpoints", endpoints.length, most.endpoints));
    for (const [i, { addresses = [] }] of endpoints.entries()) {
      const at = `endpoints[${i}].addresses`;
      if (addresses.length === 0) errors.push(required(at, "must contain at least 1 address"));
      if (addresses.length > most.addresses) errors.push(tooMany(at, addresses.length, most.addresses));
      for (const [j, each] of addresses.entries()) errors.push(...addressErrors(addressType, each, `${at}[${j}]`));
    }
    if (ports.length > most.ports) errors.push(tooMany("ports", ports.length, most.ports));
    const names = new Set<string>();
    for (const [i, { name = "", protocol, port }] of ports.entries()) {
      const at = `ports[${i}]`;
      if (name) errors.push(...named(`${at}.name`, name, dns1123Label(name)));
      if (names.has(name)) errors.push(duplicate(`${at}.name`, name));
      names.add(name);
      errors.push(...oneOf(`${at}.protocol`, protocol, ["SCTP", "TCP", "UDP"]));
      if (port !== undefined) errors.push(...portNumber(`${at}.port`, port));
    }
    return old ? [...errors, ...immutable("addressType", addressType, old.addressType)] : errors;
  },
};

function addressErrors(type: string, value: string, at: string): FieldError[] {
  if (type === "IPv4") return isIPv4(value) ? [] : [invalid(at, value, "must be a valid IPv4 address")];
  if (type === "IPv6") return isIPv6(value) ? [] : [invalid(at, value, "must be a valid IPv6 address")];
  return type === "FQDN" ? named(at, value, dns1123Subdomain(value)) : [];
}

export const leases: Strategy = {
  createOnUpdate: true,
  validate({ spec = {} }) {
    return [
      ...atLeast("spec.leaseDurationSeconds", spec.leaseDurationSeconds, 1),
      ...atLeast("spec.leaseTransitions", spec.leaseTransitions),
    ];
  },
};

export const runtimeClasses: Strategy = {
  validate({ handler = "" }, old) {
    const errors = named("handler", handler, dns1123Label(handler));
    return old ? [...errors, ...immutable("handler", handler, old.handler)] : errors;
  },
};
