// Resource quotas: which amounts, for which pods and claims.
import { type FieldError, invalid, required } from "../../api/field-error.ts";
import { parseQuantity } from "../../schema/quantity.ts";
import type { Strategy } from "../strategy.ts";
import { nonNegativeQuantity } from "./field-rules.ts";
import { isQuotaName, isWhole, quotaResourceErrors } from "./resource-names.ts";

const podAmounts = "pods cpu memory limits.cpu limits.memory requests.cpu requests.memory".split(" ");
const claimAmounts = ["persistentvolumeclaims", "requests.storage"];
/** Scopes, with the amounts that can be limited for each. */
const scopes: Readonly<Record<string, readonly string[]>> = {
  BestEffort: ["pods"],
  CrossNamespacePodAffinity: podAmounts,
  NotBestEffort: podAmounts,
  NotTerminating: podAmounts,
  PriorityClass: podAmounts,
  Terminating: podAmounts,
  VolumeAttributesClass: claimAmounts,
};
const existing = ["BestEffort", "NotBestEffort", "Terminating", "NotTerminating", "CrossNamespacePodAffinity"];
const onlyExists =
  "must be 'Exists' when scope is any of ResourceQuotaScopeTerminating, ResourceQuotaScopeNotTerminating, ResourceQuotaScopeBestEffort, ResourceQuotaScopeNotBestEffort or ResourceQuotaScopeCrossNamespacePodAffinity";
const rivals = [
  ["BestEffort", "NotBestEffort"],
  ["Terminating", "NotTerminating"],
] as const;

export const resourceQuotas: Strategy = {
  returnsDeleted: true,
  validate({ spec = {} }, old) {
    const chosen: readonly string[] = spec.scopes ?? [];
    const errors = [...amountErrors(spec.hard ?? {}, "spec.hard"), ...scopeErrors(spec, chosen), ...selectorErrors(spec)];
    const before = new Set<string>(old?.spec?.scopes);
    const same = before.size === new Set(chosen).size && chosen.every((each) => before.has(each));
    return old && !same ? [...errors, invalid("spec.scopes", chosen, "field is immutable")] : errors;
  },
  validateStatus: ({ status = {} }) => [
    ...amountErrors(status.hard ?? {}, "status.hard"),
    ...amountErrors(status.used ?? {}, "status.used"),
  ],
};

function amountErrors(amounts: Readonly<Record<string, string>>, at: string): FieldError[] {
  const errors: FieldError[] = [];
  for (const [name, amount] of Object.entries(amounts)) {
    const place = `${at}[${name}]`;
    errors.push(...quotaResourceErrors(name, place), ...nonNegativeQuantity(place, amount));
    if (isWhole(name) && (parseQuantity(amount)?.nanos ?? 0n) % 1_000_000_000n !== 0n)
      errors.push(invalid(place, amount, "must be an integer"));
  }
  return errors;
}

/** Names among the limited amounts that a scope does not go with. */
const misplaced = (scope: string, hard: object = {}) =>
  Object.keys(hard).filter((name) => isQuotaName(name) && scopes[scope] !== undefined && !scopes[scope].includes(name));

function scopeErrors({ hard }: any, chosen: readonly string[]): FieldError[] {
  const at = "spec.scopes";
  const errors: FieldError[] = [];
  for (const scope of chosen) {
    if (!scopes[scope]) errors.push(invalid(at, chosen, "unsupported scope"));
    for (const _ of misplaced(scope, hard)) errors.push(invalid(at, chosen, "unsupported scope applied to resource"));
  }
  return [...errors, ...conflicts(chosen).map(() => invalid(at, chosen, "conflicting scopes"))];
}

const conflicts = (chosen: readonly string[]) => rivals.filter((pair) => pair.every((each) => chosen.includes(each)));

/** As in Kubernetes, findings do not say which of the expressions they are about. */
function selectorErrors({ hard, scopes: listed, scopeSelector }: any): FieldError[] {
  const at = "spec.scopeSelector.matchExpressions";
  const errors: FieldError[] = [];
  const expressions: readonly any[] = scopeSelector?.matchExpressions ?? [];
  for (const { scopeName = "", operator = "", values = [] } of expressions) {
    if (!scopes[scopeName]) errors.push(invalid(`${at}.scopeName`, scopeName, "unsupported scope"));
    for (const _ of misplaced(scopeName, hard)) errors.push(invalid(at, scopeSelector, "unsupported scope applied to resource"));
    if (existing.includes(scopeName) && operator !== "Exists") errors.push(invalid(`${at}.operator`, operator, onlyExists));
    if (operator === "In" || operator === "NotIn") {
      if (values.length === 0)
        errors.push(required(`${at}.values`, "must be at least one value when `operator` is 'In' or 'NotIn' for scope selector"));
    } else if (operator === "Exists" || operator === "DoesNotExist") {
      if (values.length > 0)
        errors.push(invalid(`${at}.values`, values, "must be no value when `operator` is 'Exist' or 'DoesNotExist' for scope selector"));
    } else errors.push(invalid(`${at}.operator`, operator, "not a valid selector operator"));
  }
  const chosen = expressions.map(({ scopeName }) => scopeName);
  return [...errors, ...conflicts(chosen).map(() => invalid(at, listed, "conflicting scopes"))];
}
