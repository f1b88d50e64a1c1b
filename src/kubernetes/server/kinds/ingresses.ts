// Ingresses and their classes.
import { isIP } from "node:net";
import { type FieldError, forbiddenField, invalid, notSupported, required, tooLong } from "../../api/field-error.ts";
import { dns1035Label, dns1123Label, dns1123Subdomain, pathSegment } from "../../api/names.ts";
import type { Strategy } from "../strategy.ts";
import { immutable, named, portName, portNumber } from "./field-rules.ts";

const pathTypes = ["Exact", "ImplementationSpecific", "Prefix"];
const classAnnotation = "kubernetes.io/ingress.class";
const wildcard =
  "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character (e.g. '*.example.com', regex used for validation is '\\*\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";

export const ingresses: Strategy = {
  generation: true,
  validate({ spec = {}, metadata }, old) {
    const errors: FieldError[] = [];
    if (!spec.defaultBackend && !spec.rules?.length)
      errors.push(invalid("spec", [], "either `defaultBackend` or `rules` must be specified"));
    if (spec.defaultBackend) errors.push(...backendErrors(spec.defaultBackend, "spec.defaultBackend"));
    for (const [i, rule] of (spec.rules ?? []).entries()) {
      const at = `spec.rules[${i}]`;
      if (rule.host && isIP(rule.host)) errors.push(invalid(`${at}.host`, rule.host, "must be a DNS name, not an IP address"));
      if (rule.host) errors.push(...hostErrors(`${at}.host`, rule.host));
      if (rule.http && !rule.http.paths?.length) errors.push(required(`${at}.http.paths`));
      for (const [j, each] of (rule.http?.paths ?? []).entries()) errors.push(...pathErrors(each, `${at}.http.paths[${j}]`));
    }
    for (const [i, { hosts = [], secretName }] of (spec.tls ?? []).entries()) {
      const at = `spec.tls[${i}]`;
      for (const [j, host] of hosts.entries()) errors.push(...hostErrors(`${at}.hosts[${j}]`, host));
      if (secretName) errors.push(...named(`${at}.secretName`, secretName, dns1123Subdomain(secretName)));
    }
    const className = spec.ingressClassName;
    if (className !== undefined) errors.push(...named("spec.ingressClassName", className, dns1123Subdomain(className)));
    const annotated = metadata.annotations?.[classAnnotation];
    if (!old && annotated !== undefined && className !== undefined && annotated !== className)
      errors.push(invalid(`annotations.${classAnnotation}`, annotated, "must match `ingressClassName` when both are specified"));
    return errors;
  },
};

function hostErrors(field: string, host: string): FieldError[] {
  if (!host.includes("*")) return named(field, host, dns1123Subdomain(host));
  return host.startsWith("*.") && dns1123Subdomain(host.slice(2)) === undefined ? [] : [invalid(field, host, wildcard)];
}

function pathErrors({ path = "", pathType, backend }: any, at: string): FieldError[] {
  if (!pathType) return [required(`${at}.pathType`, "pathType must be specified")];
  const errors: FieldError[] = [];
  if (!pathTypes.includes(pathType)) errors.push(notSupported(`${at}.pathType`, pathType, pathTypes));
  const strict = pathType === "Exact" || pathType === "Prefix";
  if ((strict || path) && !path.startsWith("/")) errors.push(invalid(`${at}.path`, path, "must be an absolute path"));
  for (const bad of strict ? ["//", "/./", "/../", "%2f", "%2F"] : [])
    if (path.includes(bad)) errors.push(invalid(`${at}.path`, path, `must not contain '${bad}'`));
  for (const bad of strict ? ["/..", "/."] : [])
    if (path.endsWith(bad)) errors.push(invalid(`${at}.path`, path, `cannot end with '${bad}'`));
  return [...errors, ...backendErrors(backend ?? {}, `${at}.backend`)];
}

function backendErrors({ service, resource }: any, at: string): FieldError[] {
  if (service && resource) return [invalid(at, "", "cannot set both resource and service backends")];
  if (resource) return referenceErrors(resource, `${at}.resource`);
  if (!service) return [invalid(at, "", "resource or service backend is required")];
  const errors = service.name ? named(`${at}.service.name`, service.name, dns1035Label(service.name)) : [required(`${at}.service.name`)];
  const { name, number } = service.port ?? {};
  if (name && number) errors.push(invalid(at, "", "cannot set both port name & port number"));
  else if (name) errors.push(...portName(`${at}.service.port.name`, name));
  else if (number) errors.push(...portNumber(`${at}.service.port.number`, number));
  else errors.push(required(at, "port name or number is required"));
  return errors;
}

function referenceErrors({ apiGroup, kind, name }: any, at: string): FieldError[] {
  return [
    ...(apiGroup !== undefined ? named(`${at}.apiGroup`, apiGroup, dns1123Subdomain(apiGroup)) : []),
    ...(kind ? named(`${at}.kind`, kind, pathSegment(kind)) : [required(`${at}.kind`, "kind is required")]),
    ...(name ? named(`${at}.name`, name, pathSegment(name)) : [required(`${at}.name`, "name is required")]),
  ];
}

const longestController = 250;
const prefixedPath = 'must be a domain-prefixed path (such as "acme.io/foo")';
const pathForm = "[A-Za-z0-9/\\-._~%!$&'()*+,;=:]+";

function controllerErrors(controller: string, at: string): FieldError[] {
  if (!controller) return [required(at)];
  const [domain = "", ...rest] = controller.split("/");
  const path = rest.join("/");
  if (path === "" || domain === "") return [invalid(at, controller, prefixedPath)];
  const errors = named(at, domain, dns1123Subdomain(domain));
  return new RegExp(`^${pathForm}$`).test(path)
    ? errors
    : [...errors, invalid(at, path, `Invalid path (regex used for validation is '${pathForm}')`)];
}

export const ingressClasses: Strategy = {
  generation: true,
  validate({ spec = {} }, old) {
    const { controller = "", parameters } = spec;
    const errors: FieldError[] = old ? immutable("spec.controller", controller, old.spec?.controller) : [];
    if (controller.length > longestController) errors.push(tooLong("spec.controller", longestController));
    errors.push(...controllerErrors(controller, "spec.controller"));
    if (parameters) errors.push(...referenceErrors(parameters, "spec.parameters"), ...scopeErrors(parameters));
    return errors;
  },
};

function scopeErrors({ scope, namespace }: any): FieldError[] {
  const at = "spec.parameters";
  if (scope === undefined) return [required(`${at}.scope`)];
  if (scope === "Cluster")
    return namespace === undefined ? [] : [forbiddenField(`${at}.namespace`, "`parameters.scope` is set to 'Cluster'")];
  if (scope !== "Namespace") return [notSupported(`${at}.scope`, scope, ["Cluster", "Namespace"])];
  return namespace === undefined
    ? [required(`${at}.namespace`, "`parameters.scope` is set to 'Namespace'")]
    : named(`${at}.namespace`, namespace, dns1123Label(namespace));
}
