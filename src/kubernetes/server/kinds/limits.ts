// Resource quotas and limit ranges.
import { duplicate, type FieldError, forbiddenField, invalid, required } from "../../api/field-error.ts";
import { qualifiedKey } from "../../api/names.ts";
import { parseQuantity } from "../../schema/quantity.ts";
import type { Strategy } from "../strategy.ts";
import { immutable, nonNegativeQuantity } from "./field-rules.ts";

const quotaNames = new Set([
  ..."cpu memory ephemeral-storage requests.cpu requests.memory requests.storage requests.ephemeral-storage".split(" "),
  ..."limits.cpu limits.memory limits.ephemeral-storage pods resourcequotas services replicationcontrollers secrets".split(" "),
  ..."persistentvolumeclaims configmaps services.nodeports services.loadbalancers".split(" "),
]);
const scopes = [
  "BestEffort",
  "CrossNamespacePodAffinity",
  "NotBestEffort",
  "NotTerminating",
  "PriorityClass",
  "Terminating",
  "VolumeAttributesClass",
];
const rivals = [
  ["BestEffort", "NotBestEffort"],
  ["Terminating", "NotTerminating"],
] as const;

/** A name that stands alone must be one Kubernetes knows; others are qualified by a domain. */
const isQuotaName = (name: string) => quotaNames.has(name) || name.startsWith("hugepages-") || name.startsWith("requests.hugepages-");

export const resourceQuotas: Strategy = {
  returnsDeleted: true,
  validate({ spec = {} }, old) {
    const errors: FieldError[] = [];
    for (const [name, value] of Object.entries(spec.hard ?? {})) {
      const at = `spec.hard[${name}]`;
      for (const problem of qualifiedKey(name)) errors.push(invalid(at, name, problem));
      if (!name.includes("/") && !isQuotaName(name)) errors.push(invalid(at, name, "must be a standard resource for quota"));
      errors.push(...nonNegativeQuantity(at, value));
    }
    const chosen: string[] = spec.scopes ?? [];
    for (const scope of chosen) if (!scopes.includes(scope)) errors.push(invalid("spec.scopes", chosen, "unsupported scope"));
    for (const pair of rivals)
      if (pair.every((each) => chosen.includes(each))) errors.push(invalid("spec.scopes", chosen, "conflicting scopes"));
    for (const [i, { operator, values = [] }] of (spec.scopeSelector?.matchExpressions ?? []).entries()) {
      const at = `spec.scopeSelector.matchExpressions[${i}]`;
      const listed = operator === "In" || operator === "NotIn";
      if (listed && values.length === 0)
        errors.push(required(`${at}.values`, "must be at least one value when `operator` is 'In' or 'NotIn' for scope selector"));
      if (!listed && values.length > 0)
        errors.push(invalid(`${at}.values`, values, "must be no value when `operator` is 'Exist' or 'DoesNotExist' for scope selector"));
    }
    return old ? [...errors, ...immutable("spec.scopes", chosen, old.spec?.scopes ?? [])] : errors;
  },
};

type Amounts = Readonly<Record<string, string>>;

export const limitRanges: Strategy = {
  createOnUpdate: true,
  validate({ spec = {} }) {
    const errors: FieldError[] = [];
    const types = new Set<string>();
    for (const [i, limit] of (spec.limits ?? []).entries()) {
      const at = `spec.limits[${i}]`;
      if (types.has(limit.type)) errors.push(duplicate(`${at}.type`, limit.type));
      types.add(limit.type);
      errors.push(...limitErrors(limit, at));
    }
    return errors;
  },
};

function limitErrors(limit: any, at: string): FieldError[] {
  const errors: FieldError[] = [];
  const { type, min = {}, max = {}, default: usual = {}, defaultRequest = {}, maxLimitRequestRatio = {} } = limit;
  if (type === "Pod") {
    for (const member of ["default", "defaultRequest"])
      if (Object.keys(limit[member] ?? {}).length > 0)
        errors.push(forbiddenField(`${at}.${member}`, "may not be specified when `type` is 'Pod'"));
  }
  if (type === "PersistentVolumeClaim" && min.storage === undefined && max.storage === undefined)
    errors.push(required(`${at}.limits`, "either minimum or maximum storage value is required, but neither was provided"));
  const names = new Set([min, max, usual, defaultRequest, maxLimitRequestRatio].flatMap((each) => Object.keys(each)));
  for (const name of [...names].sort()) {
    const over = (low: Amounts, member: string, lowName: string, high: Amounts, highName: string) => {
      if (!exceeds(low[name], high[name])) return;
      const text = `${lowName} value ${low[name]} is greater than ${highName} value ${high[name]}`;
      errors.push(invalid(`${at}.${member}[${name}]`, low[name], text));
    };
    over(min, "min", "min", max, "max");
    over(min, "defaultRequest", "min", defaultRequest, "default request");
    over(defaultRequest, "defaultRequest", "default request", max, "max");
    over(defaultRequest, "defaultRequest", "default request", usual, "default limit");
    over(min, "default", "min", usual, "default");
    over(usual, "default", "default", max, "max");
    if (maxLimitRequestRatio[name] !== undefined && exceeds("1", maxLimitRequestRatio[name]))
      errors.push(
        invalid(`${at}.maxLimitRequestRatio[${name}]`, maxLimitRequestRatio[name], `ratio ${maxLimitRequestRatio[name]} is less than 1`),
      );
  }
  return errors;
}

function exceeds(low: string | undefined, high: string | undefined): boolean {
  const [a, b] = [low, high].map((text) => (text === undefined ? undefined : parseQuantity(text)));
  return a !== undefined && b !== undefined && a.nanos > b.nanos;
}
