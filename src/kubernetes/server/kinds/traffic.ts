// Ingresses, network policies, autoscalers and disruption budgets: what their writers get wrong.
import { type FieldError, invalid, notSupported, required } from "../../api/field-error.ts";
import { dns1123Subdomain } from "../../api/names.ts";
import type { Strategy } from "../strategy.ts";

const pathTypes = ["Exact", "ImplementationSpecific", "Prefix"];

export const ingresses: Strategy = {
  generation: true,
  validate({ spec = {} }) {
    const errors: FieldError[] = [];
    if (!spec.defaultBackend && !spec.rules?.length)
      errors.push(invalid("spec", [], "either `defaultBackend` or `rules` must be specified"));
    if (spec.defaultBackend) errors.push(...backendErrors(spec.defaultBackend, "spec.defaultBackend"));
    for (const [i, rule] of (spec.rules ?? []).entries()) {
      const at = `spec.rules[${i}]`;
      const problem = rule.host && dns1123Subdomain(rule.host.replace(/^\*\./, ""));
      if (problem) errors.push(invalid(`${at}.host`, rule.host, problem));
      if (rule.http && !rule.http.paths?.length) errors.push(required(`${at}.http.paths`));
      for (const [j, each] of (rule.http?.paths ?? []).entries()) errors.push(...pathErrors(each, `${at}.http.paths[${j}]`));
    }
    return errors;
  },
};

function pathErrors({ path = "", pathType, backend }: any, at: string): FieldError[] {
  const errors: FieldError[] = [];
  if (!pathType) errors.push(required(`${at}.pathType`, "pathType must be specified"));
  else if (!pathTypes.includes(pathType)) errors.push(notSupported(`${at}.pathType`, pathType, pathTypes));
  const strict = pathType === "Exact" || pathType === "Prefix";
  if ((strict || path) && !path.startsWith("/")) errors.push(invalid(`${at}.path`, path, "must be an absolute path"));
  for (const bad of strict ? ["//", "/./", "/../", "%2f", "%2F"] : [])
    if (path.includes(bad)) errors.push(invalid(`${at}.path`, path, `must not contain '${bad}'`));
  return [...errors, ...backendErrors(backend ?? {}, `${at}.backend`)];
}

function backendErrors({ service, resource }: any, at: string): FieldError[] {
  if (service && resource) return [invalid(at, "", "cannot set both resource and service backends")];
  if (resource) return [];
  if (!service) return [required(at, "either `service` or `resource` must be specified")];
  if (!service.name) return [required(`${at}.service.name`)];
  const { name, number } = service.port ?? {};
  if (name && number) return [invalid(`${at}.service.port`, "", "cannot set both port name & port number")];
  if (!name && !number) return [required(`${at}.service.port`, "port name or number is required")];
  if (number !== undefined && (number < 1 || number > 65535))
    return [invalid(`${at}.service.port.number`, number, "must be between 1 and 65535, inclusive")];
  return [];
}

export const networkPolicies: Strategy = {
  generation: true,
  validate({ spec = {} }) {
    const errors: FieldError[] = [];
    for (const [i, type] of (spec.policyTypes ?? []).entries())
      if (!["Egress", "Ingress"].includes(type)) errors.push(notSupported(`spec.policyTypes[${i}]`, type, ["Egress", "Ingress"]));
    for (const [list, side] of [["ingress", "from"] as const, ["egress", "to"] as const]) {
      for (const [i, rule] of (spec[list] ?? []).entries()) {
        for (const [j, port] of (rule.ports ?? []).entries()) errors.push(...portErrors(port, `spec.${list}[${i}].ports[${j}]`));
        for (const [j, peer] of (rule[side] ?? []).entries()) errors.push(...peerErrors(peer, `spec.${list}[${i}].${side}[${j}]`));
      }
    }
    return errors;
  },
};

function portErrors({ protocol, port, endPort }: any, at: string): FieldError[] {
  const errors: FieldError[] = [];
  if (protocol && !["SCTP", "TCP", "UDP"].includes(protocol)) errors.push(notSupported(`${at}.protocol`, protocol, ["SCTP", "TCP", "UDP"]));
  if (typeof port === "number" && (port < 1 || port > 65535))
    errors.push(invalid(`${at}.port`, port, "must be between 1 and 65535, inclusive"));
  if (endPort !== undefined && port === undefined) errors.push(required(`${at}.port`, "must be specified when `endPort` is set"));
  if (endPort !== undefined && typeof port === "number" && endPort < port)
    errors.push(invalid(`${at}.endPort`, endPort, "must be greater than or equal to `port`"));
  return errors;
}

function peerErrors({ podSelector, namespaceSelector, ipBlock }: any, at: string): FieldError[] {
  if (!podSelector && !namespaceSelector && !ipBlock) return [required(at, "must specify a peer")];
  if (ipBlock && (podSelector || namespaceSelector))
    return [{ reason: "FieldValueForbidden", field: at, body: "Forbidden: may not specify both ipBlock and another peer" }];
  return ipBlock && !ipBlock.cidr ? [required(`${at}.ipBlock.cidr`)] : [];
}

export const autoscalers: Strategy = {
  validate({ spec = {} }) {
    const errors: FieldError[] = [];
    const { minReplicas, maxReplicas = 0, scaleTargetRef = {} } = spec;
    if (minReplicas !== undefined && minReplicas < 1)
      errors.push(invalid("spec.minReplicas", minReplicas, "must be greater than or equal to 1"));
    if (maxReplicas < 1) errors.push(invalid("spec.maxReplicas", maxReplicas, "must be greater than 0"));
    if (minReplicas !== undefined && maxReplicas < minReplicas)
      errors.push(invalid("spec.maxReplicas", maxReplicas, "must be greater than or equal to `minReplicas`"));
    for (const member of ["kind", "name"]) if (!scaleTargetRef[member]) errors.push(required(`spec.scaleTargetRef.${member}`));
    return errors;
  },
};

export const budgets: Strategy = {
  generation: true,
  validate({ spec = {} }) {
    const errors: FieldError[] = [];
    const both = "minAvailable and maxUnavailable cannot be both set";
    if (spec.minAvailable !== undefined && spec.maxUnavailable !== undefined) errors.push(invalid("spec", "", both));
    for (const member of ["minAvailable", "maxUnavailable"]) {
      const value = spec[member];
      if (typeof value === "number" && value < 0) errors.push(invalid(`spec.${member}`, value, "must be greater than or equal to 0"));
      if (typeof value === "string" && !/^\d+%$/.test(value))
        errors.push(
          invalid(
            `spec.${member}`,
            value,
            "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')",
          ),
        );
      else if (typeof value === "string" && Number.parseInt(value, 10) > 100)
        errors.push(invalid(`spec.${member}`, value, "must not be greater than 100%"));
    }
    return errors;
  },
};
