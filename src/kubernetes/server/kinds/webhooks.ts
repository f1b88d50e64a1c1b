// Webhook configurations: what would fail when they are called is refused when they are written.
import { duplicate, type FieldError, invalid, notSupported, required } from "../../api/field-error.ts";
import { parseGoUrl } from "../../api/go-url.ts";
import { equalJson } from "../../api/json.ts";
import { dns1035Label, dns1123Subdomain } from "../../api/names.ts";
import type { Strategy } from "../strategy.ts";
import { labelSelector, named, portNumber } from "./field-rules.ts";
import { matchConditionErrors } from "./match-conditions.ts";
import { failurePolicies, matchPolicies, ruleErrors } from "./match-rules.ts";

const reviewVersions = ["v1", "v1beta1"];
const sideEffects = ["None", "NoneOnDryRun"];
const form = "; desired format: https://host[/path]";

/** The rules of both kinds; members that only mutating webhooks have are absent from the others. */
export const webhookConfigurations: Strategy = {
  generation: true,
  validate({ webhooks = [] }, old) {
    const errors: FieldError[] = [];
    const names = new Set<string>();
    const before: readonly any[] = old?.webhooks ?? [];
    const sameConditions =
      webhooks.length === before.length && before.every((each, i) => equalJson(each.matchConditions, webhooks[i].matchConditions));
    for (const [i, hook] of webhooks.entries()) {
      const at = `webhooks[${i}]`;
      errors.push(...hookErrors(hook, at));
      if (!old || !sameConditions) errors.push(...matchConditionErrors(hook.matchConditions, `${at}.matchConditions`, false));
      errors.push(...versionErrors(hook.admissionReviewVersions ?? [], `${at}.admissionReviewVersions`));
      if (hook.name && names.has(hook.name)) errors.push(duplicate(`${at}.name`, hook.name));
      names.add(hook.name);
    }
    return errors;
  },
};

function hookErrors(hook: any, at: string): FieldError[] {
  const errors = nameErrors(hook.name ?? "", `${at}.name`);
  const enumerated = (member: string, values: readonly string[]) => {
    if (hook[member] !== undefined && !values.includes(hook[member])) errors.push(notSupported(`${at}.${member}`, hook[member], values));
  };
  for (const [i, rule] of (hook.rules ?? []).entries()) errors.push(...ruleErrors(rule, `${at}.rules[${i}]`));
  enumerated("failurePolicy", failurePolicies);
  enumerated("matchPolicy", matchPolicies);
  if (hook.sideEffects === undefined) errors.push(required(`${at}.sideEffects`, `must specify one of ${sideEffects.join(", ")}`));
  enumerated("sideEffects", sideEffects);
  const { timeoutSeconds, clientConfig = {} } = hook;
  if (timeoutSeconds !== undefined && (timeoutSeconds < 1 || timeoutSeconds > 30))
    errors.push(invalid(`${at}.timeoutSeconds`, timeoutSeconds, "the timeout value must be between 1 and 30 seconds"));
  for (const member of ["namespaceSelector", "objectSelector"]) errors.push(...labelSelector(`${at}.${member}`, hook[member]));
  enumerated("reinvocationPolicy", ["IfNeeded", "Never"]);
  return [...errors, ...clientErrors(clientConfig, `${at}.clientConfig`)];
}

function nameErrors(name: string, at: string): FieldError[] {
  if (!name) return [required(at)];
  const problem = dns1123Subdomain(name);
  if (problem) return [invalid(at, name, problem)];
  const wanted = "should be a domain with at least three segments separated by dots";
  return name.split(".").length < 3 ? [invalid(at, name, wanted)] : [];
}

/** Findings about where a webhook is: a URL or a service. */
export function clientErrors({ url, service }: any, at: string): FieldError[] {
  if ((url === undefined) === (service === undefined)) return [required(at, "exactly one of url or service is required")];
  return url === undefined ? serviceErrors(service, `${at}.service`) : urlErrors(url, `${at}.url`);
}

function urlErrors(text: string, at: string): FieldError[] {
  const url = parseGoUrl(text);
  if ("error" in url) return [required(at, `url must be a valid URL: ${url.error}${form}`)];
  const errors: FieldError[] = [];
  if (url.scheme !== "https") errors.push(invalid(at, url.scheme, `'https' is the only allowed URL scheme${form}`));
  if (!url.host) errors.push(invalid(at, url.host, `host must be provided${form}`));
  if (url.user !== undefined) errors.push(invalid(at, url.user, "user information is not permitted in the URL"));
  if (url.fragment) errors.push(invalid(at, url.fragment, "fragments are not permitted in the URL"));
  if (url.query) errors.push(invalid(at, url.query, "query parameters are not permitted in the URL"));
  return errors;
}

/** Kubernetes confuses a service's name and namespace when one is missing, and so the findings do. */
function serviceErrors({ name, namespace, path = "", port = 443 }: any, at: string): FieldError[] {
  const errors: FieldError[] = [];
  if (!namespace) errors.push(required(`${at}.name`, "service name is required"));
  if (!name) errors.push(required(`${at}.namespace`, "service namespace is required"));
  if (portNumber("", port).length > 0)
    errors.push(invalid(`${at}.port`, port, "port is not valid: must be between 1 and 65535, inclusive"));
  return [...errors, ...pathErrors(path, `${at}.path`)];
}

function pathErrors(path: string, at: string): FieldError[] {
  if (path === "" || path === "/") return [];
  if (path === "//") return [invalid(at, path, "segment[0] may not be empty")];
  const errors: FieldError[] = path.startsWith("/") ? [] : [invalid(at, path, "must start with a '/'")];
  for (const [i, step] of path.slice(1).replace(/\/$/, "").split("/").entries()) {
    const problem = step === "" ? "may not be empty" : dns1123Subdomain(step);
    if (problem) errors.push(invalid(at, path, `segment[${i}]${step === "" ? " " : ": "}${problem}`));
  }
  return errors;
}

function versionErrors(versions: readonly string[], at: string): FieldError[] {
  if (versions.length === 0) return [required(at, `must specify one of ${reviewVersions.join(", ")}`)];
  const errors: FieldError[] = [];
  for (const [i, version] of versions.entries()) {
    if (versions.indexOf(version) < i) errors.push(invalid(`${at}[${i}]`, version, "duplicate version"));
    else errors.push(...named(`${at}[${i}]`, version, dns1035Label(version)));
  }
  if (!versions.some((version) => reviewVersions.includes(version)))
    errors.push(invalid(at, versions, `must include at least one of ${reviewVersions.join(", ")}`));
  return errors;
}
