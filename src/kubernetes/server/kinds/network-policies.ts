// Network policies: ports, peers and address blocks.
import { type FieldError, forbiddenField, invalid, notSupported, required } from "../../api/field-error.ts";
import type { Strategy } from "../strategy.ts";
import { addressBlock, blockOf, isStrictSubset, labelSelector, oneOf, portName, portNumber } from "./field-rules.ts";

const sides = [
  ["ingress", "from"],
  ["egress", "to"],
] as const;

export const networkPolicies: Strategy = {
  generation: true,
  validate({ spec = {} }) {
    const errors = labelSelector("spec.podSelector", spec.podSelector);
    for (const [list, side] of sides) {
      for (const [i, rule] of (spec[list] ?? []).entries()) {
        for (const [j, port] of (rule?.ports ?? []).entries()) errors.push(...portErrors(port, `spec.${list}[${i}].ports[${j}]`));
        for (const [j, peer] of (rule?.[side] ?? []).entries()) errors.push(...peerErrors(peer, `spec.${list}[${i}].${side}[${j}]`));
      }
    }
    const types = spec.policyTypes ?? [];
    if (types.length > 2) return [...errors, invalid("spec.policyTypes", types, "may not specify more than two policyTypes")];
    for (const [i, type] of types.entries())
      if (!["Egress", "Ingress"].includes(type)) errors.push(notSupported(`spec.policyTypes[${i}]`, type, ["Ingress", "Egress"]));
    return errors;
  },
};

function portErrors({ protocol, port, endPort }: any, at: string): FieldError[] {
  const errors = oneOf(`${at}.protocol`, protocol, ["TCP", "UDP", "SCTP"]);
  if (typeof port === "number") {
    errors.push(...portNumber(`${at}.port`, port));
    if (endPort === undefined) return errors;
    if (endPort < port) errors.push(invalid(`${at}.endPort`, endPort, "must be greater than or equal to `port`"));
    return [...errors, ...portNumber(`${at}.endPort`, endPort)];
  }
  if (endPort !== undefined) {
    const why =
      port === undefined ? "may not be specified when `port` is not specified" : "may not be specified when `port` is non-numeric";
    errors.push(invalid(`${at}.endPort`, endPort, why));
  }
  return port === undefined ? errors : [...errors, ...portName(`${at}.port`, port)];
}

function peerErrors({ podSelector, namespaceSelector, ipBlock }: any, at: string): FieldError[] {
  if (!podSelector && !namespaceSelector && !ipBlock) return [required(at, "must specify a peer")];
  const errors = [...labelSelector(`${at}.podSelector`, podSelector), ...labelSelector(`${at}.namespaceSelector`, namespaceSelector)];
  if (ipBlock) errors.push(...blockErrors(ipBlock, `${at}.ipBlock`));
  if (ipBlock && (podSelector || namespaceSelector)) errors.push(forbiddenField(at, "may not specify both ipBlock and another peer"));
  return errors;
}

function blockErrors({ cidr, except = [] }: any, at: string): FieldError[] {
  if (!cidr) return [required(`${at}.cidr`)];
  const outer = blockOf(cidr);
  if (!outer) return addressBlock(`${at}.cidr`, cidr);
  return except.flatMap((text: string, i: number) => {
    const inner = blockOf(text);
    if (!inner) return addressBlock(`${at}.except[${i}]`, text);
    return isStrictSubset(inner, outer) ? [] : [invalid(`${at}.except[${i}]`, text, "must be a strict subset of `cidr`")];
  });
}
