// Limit ranges: whose amounts they bound, and bounds that contradict each other.
import { duplicate, type FieldError, forbiddenField, invalid, required } from "../../api/field-error.ts";
import { qualifiedKey } from "../../api/names.ts";
import { parseQuantity } from "../../schema/quantity.ts";
import type { Strategy } from "../strategy.ts";
import { containerResourceErrors, mayOvercommit, resourceNameErrors } from "./resource-names.ts";

type Amounts = Readonly<Record<string, string>>;

const types = ["Pod", "Container", "PersistentVolumeClaim"];

export const limitRanges: Strategy = {
  createOnUpdate: true,
  validate({ spec = {} }) {
    const errors: FieldError[] = [];
    const seen = new Set<string>();
    for (const [i, limit] of (spec.limits ?? []).entries()) {
      const at = `spec.limits[${i}]`;
      const { type = "" } = limit;
      errors.push(...typeErrors(type, `${at}.type`));
      if (seen.has(type)) errors.push(duplicate(`${at}.type`, type));
      seen.add(type);
      errors.push(...limitErrors(limit, at));
    }
    return errors;
  },
};

function typeErrors(type: string, at: string): FieldError[] {
  const errors = qualifiedKey(type).map((problem) => invalid(at, type, problem));
  if (errors.length > 0 || type.includes("/") || types.includes(type)) return errors;
  return [invalid(at, type, "must be a standard limit type or fully qualified")];
}

function limitErrors(limit: any, at: string): FieldError[] {
  const errors: FieldError[] = [];
  const { type, min = {}, max = {} } = limit;
  const nameErrors = type === "Pod" || type === "Container" ? containerResourceErrors : resourceNameErrors;
  const names = new Set<string>();
  const take = (member: string) => {
    for (const name of Object.keys(limit[member] ?? {})) {
      errors.push(...nameErrors(name, `${at}.${member}[${name}]`));
      names.add(name);
    }
  };
  take("max");
  take("min");
  for (const member of ["default", "defaultRequest"]) {
    if (type !== "Pod") take(member);
    else if (Object.keys(limit[member] ?? {}).length > 0)
      errors.push(forbiddenField(`${at}.${member}`, "may not be specified when `type` is 'Pod'"));
  }
  if (type === "PersistentVolumeClaim" && min.storage === undefined && max.storage === undefined)
    errors.push(required(`${at}.limits`, "either minimum or maximum storage value is required, but neither was provided"));
  take("maxLimitRequestRatio");
  const bounds = type === "Pod" ? { ...limit, default: {}, defaultRequest: {} } : limit;
  return [...errors, ...[...names].flatMap((name) => boundErrors(bounds, name, at))];
}

/** Findings about the bounds of one resource; which of two values is shown is Kubernetes' choice. */
function boundErrors(limit: any, name: string, at: string): FieldError[] {
  const errors: FieldError[] = [];
  const of = (member: string): string | undefined => ((limit[member] ?? {}) as Amounts)[name];
  const [min, max, usual, request, ratio] = ["min", "max", "default", "defaultRequest", "maxLimitRequestRatio"].map(of);
  const place = (member: string) => `${at}.${member}[${name}]`;
  const ordered = (
    member: string,
    shown: string | undefined,
    low: string | undefined,
    what: string,
    high: string | undefined,
    than: string,
  ) => {
    if (compare(low, high) > 0) errors.push(invalid(place(member), shown, `${what} value ${low} is greater than ${than} value ${high}`));
  };
  ordered("min", min, min, "min", max, "max");
  ordered("defaultRequest", request, min, "min", request, "default request");
  ordered("defaultRequest", request, request, "default request", max, "max");
  ordered("defaultRequest", request, request, "default request", usual, "default limit");
  ordered("default", min, min, "min", usual, "default");
  ordered("default", max, usual, "default", max, "max");
  if (compare(ratio, "1") < 0) errors.push(invalid(place("maxLimitRequestRatio"), ratio, `ratio ${ratio} is less than 1`));
  if (ratio !== undefined && min !== undefined && max !== undefined) {
    const most = numberOf(max) / numberOf(min);
    if (numberOf(ratio) > most)
      errors.push(invalid(place("maxLimitRequestRatio"), ratio, `ratio ${ratio} is greater than max/min = ${most.toFixed(6)}`));
  }
  if (!mayOvercommit(name) && compare(usual, request) !== 0)
    errors.push(
      invalid(place("defaultRequest"), request, `default value ${usual} must equal to defaultRequest value ${request} in ${name}`),
    );
  return errors;
}

/** Positive, negative or 0, which it also is when one of them is absent. */
function compare(a: string | undefined, b: string | undefined): number {
  if (a === undefined || b === undefined) return 0;
  const [left, right] = [nanosOf(a), nanosOf(b)];
  return left < right ? -1 : left > right ? 1 : 0;
}

const nanosOf = (text: string) => parseQuantity(text)?.nanos ?? 0n;
const numberOf = (text: string) => Number(nanosOf(text));
