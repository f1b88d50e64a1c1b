// Webhook configurations: what would fail later is refused when it is written.
import { duplicate, type FieldError, invalid, notSupported, required } from "../../api/field-error.ts";
import { equalJson } from "../../api/json.ts";
import type { Strategy } from "../strategy.ts";
import { admissionPolicies, conditionErrors } from "./admission-policies.ts";

const operations = ["*", "CONNECT", "CREATE", "DELETE", "UPDATE"];

const hooks = (sideEffects: readonly string[]): Strategy => ({
  generation: true,
  validate(object, old) {
    const errors: FieldError[] = [];
    const names = new Set<string>();
    for (const [i, hook] of (object.webhooks ?? []).entries()) {
      const at = `webhooks[${i}]`;
      if (names.has(hook.name)) errors.push(duplicate(`${at}.name`, hook.name));
      names.add(hook.name);
      errors.push(...hookErrors(hook, at, sideEffects));
      if (!equalJson(hook.matchConditions, old?.webhooks?.[i]?.matchConditions)) errors.push(...conditionErrors(hook.matchConditions, at));
    }
    return errors;
  },
});

function hookErrors(hook: any, at: string, sideEffects: readonly string[]): FieldError[] {
  const errors: FieldError[] = [];
  const { name = "", clientConfig = {}, rules = [], admissionReviewVersions = [], timeoutSeconds } = hook;
  if (!name) errors.push(required(`${at}.name`));
  else if (name.split(".").length < 3)
    errors.push(invalid(`${at}.name`, name, "should be a domain with at least three segments separated by dots"));
  if (admissionReviewVersions.length === 0) errors.push(required(`${at}.admissionReviewVersions`, "must specify one of v1, v1beta1"));
  else if (!admissionReviewVersions.some((each: string) => each === "v1" || each === "v1beta1"))
    errors.push(invalid(`${at}.admissionReviewVersions`, admissionReviewVersions, "must include at least one of v1, v1beta1"));
  if (!hook.sideEffects) errors.push(required(`${at}.sideEffects`, `must specify one of ${sideEffects.join(", ")}`));
  else if (!sideEffects.includes(hook.sideEffects)) errors.push(notSupported(`${at}.sideEffects`, hook.sideEffects, sideEffects));
  if (timeoutSeconds !== undefined && (timeoutSeconds < 1 || timeoutSeconds > 30))
    errors.push(invalid(`${at}.timeoutSeconds`, timeoutSeconds, "the timeout value must be between 1 and 30 seconds"));
  if ((clientConfig.url === undefined) === (clientConfig.service === undefined))
    errors.push(required(`${at}.clientConfig`, "exactly one of url or service is required"));
  else if (clientConfig.url !== undefined && !/^https:\/\//.test(clientConfig.url)) {
    const scheme = /^([a-z]*):/.exec(clientConfig.url)?.[1] ?? "";
    const text = "'https' is the only allowed URL scheme: desired format: https://host[/path]";
    errors.push(invalid(`${at}.clientConfig.url`, scheme, text));
  }
  for (const [i, rule] of rules.entries()) errors.push(...ruleErrors(rule, `${at}.rules[${i}]`));
  return errors;
}

function ruleErrors(rule: any, at: string): FieldError[] {
  const errors: FieldError[] = [];
  for (const part of ["operations", "apiGroups", "apiVersions", "resources"]) {
    const list: string[] = rule[part] ?? [];
    if (list.length === 0) errors.push(required(`${at}.${part}`));
    if (list.length > 1 && list.includes("*") && part !== "resources")
      errors.push(invalid(`${at}.${part}`, list, "if '*' is present, must not specify other values"));
  }
  for (const [i, each] of (rule.operations ?? []).entries())
    if (!operations.includes(each)) errors.push(notSupported(`${at}.operations[${i}]`, each, operations));
  return errors;
}

/** Strategies of admissionregistration.k8s.io. */
export const admissionKinds: Readonly<Record<string, Strategy>> = {
  "validatingwebhookconfigurations.admissionregistration.k8s.io": hooks(["None", "NoneOnDryRun"]),
  "mutatingwebhookconfigurations.admissionregistration.k8s.io": hooks(["None", "NoneOnDryRun"]),
  ...admissionPolicies,
};
