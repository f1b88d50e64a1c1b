// Rules that many kinds share: numbers, ports, selectors, addresses, enumerations, what may not change.
import { isIP, isIPv4 } from "node:net";
import { type FieldError, forbiddenField, invalid, notSupported, required } from "../../api/field-error.ts";
import { equalJson } from "../../api/json.ts";
import { labelValueProblem, qualifiedKey } from "../../api/names.ts";
import { parseQuantity } from "../../schema/quantity.ts";
import { validateLabels } from "../metadata.ts";
import { addressValue } from "./service-range.ts";

/** Turns the text of a naming rule into a finding. */
export function named(field: string, value: string, problem: string | undefined): FieldError[] {
  return problem === undefined ? [] : [invalid(field, value, problem)];
}

/** A number that must be at least `least`; absent is fine. */
export function atLeast(field: string, value: unknown, least: 0 | 1 = 0): FieldError[] {
  if (typeof value !== "number" || value >= least) return [];
  return [invalid(field, value, least === 0 ? "must be greater than or equal to 0" : "must be greater than 0")];
}

/** A value of an enumeration. Absent or empty is a missing value when `needed` says so. */
export function oneOf(field: string, value: unknown, values: readonly string[], needed = false): FieldError[] {
  if (value === undefined || value === "") return needed ? [required(field)] : [];
  return values.includes(value as string) ? [] : [notSupported(field, value, values)];
}

/** A port number. */
export function portNumber(field: string, value: unknown): FieldError[] {
  const fits = typeof value === "number" && Number.isInteger(value) && value >= 1 && value <= 65535;
  return fits ? [] : [invalid(field, value ?? 0, "must be between 1 and 65535, inclusive")];
}

/** An IANA service name. */
export function portName(field: string, value: string): FieldError[] {
  const errors: FieldError[] = [];
  const wrong = (text: string) => errors.push(invalid(field, value, text));
  if (value.length > 15) wrong("must be no more than 15 characters");
  if (!/^[-a-z0-9]+$/.test(value)) wrong("must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)");
  if (!/[a-z]/.test(value)) wrong("must contain at least one letter (a-z)");
  if (value.includes("--")) wrong("must not contain consecutive hyphens");
  if (value.startsWith("-") || value.endsWith("-")) wrong("must not begin or end with a hyphen");
  return errors;
}

/** A port given by number or name. */
export function portOrName(field: string, value: unknown): FieldError[] {
  return typeof value === "string" ? portName(field, value) : portNumber(field, value);
}

const percent =
  "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')";

/** A count, or a share in percent up to `most`. */
export function countOrPercent(field: string, value: unknown, most?: 100): FieldError[] {
  if (typeof value === "number") return atLeast(field, value);
  if (typeof value !== "string") return [];
  if (!/^[0-9]+%$/.test(value)) return [invalid(field, value, percent)];
  return most && Number.parseInt(value, 10) > most ? [invalid(field, value, "must not be greater than 100%")] : [];
}

/** A LabelSelector object. */
export function labelSelector(field: string, selector: any): FieldError[] {
  const errors = validateLabels(selector?.matchLabels, `${field}.matchLabels`);
  for (const [i, { key = "", operator, values = [] }] of (selector?.matchExpressions ?? []).entries()) {
    const at = `${field}.matchExpressions[${i}]`;
    if (operator === "In" || operator === "NotIn") {
      if (values.length === 0) errors.push(required(`${at}.values`, "must be specified when `operator` is 'In' or 'NotIn'"));
    } else if (operator === "Exists" || operator === "DoesNotExist") {
      if (values.length > 0)
        errors.push(forbiddenField(`${at}.values`, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"));
    } else errors.push(invalid(`${at}.operator`, operator ?? "", "not a valid selector operator"));
    for (const problem of qualifiedKey(key)) errors.push(invalid(`${at}.key`, key, problem));
    for (const [j, value] of values.entries()) errors.push(...named(`${at}.values[${j}]`, value, labelValueProblem(value)));
  }
  return errors;
}

/** An IP address. */
export function address(field: string, value: string): FieldError[] {
  return isIP(value) && !value.includes("%")
    ? []
    : [invalid(field, value, "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)")];
}

interface Block {
  readonly first: bigint;
  readonly bits: number;
  readonly width: 32 | 128;
}

/** Reads `10.9.8.0/24`; undefined if the text is no block. */
export function blockOf(text: string): Block | undefined {
  const [host = "", length = "", ...more] = text.split("/");
  const value = addressValue(host);
  if (value === undefined || more.length > 0 || !/^\d{1,3}$/.test(length)) return undefined;
  const width = isIPv4(host) ? 32 : 128;
  const bits = Number(length);
  return bits <= width ? { first: value >> BigInt(width - bits), bits, width } : undefined;
}

/** An address block. */
export function addressBlock(field: string, value: string): FieldError[] {
  return blockOf(value) ? [] : [invalid(field, value, "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)")];
}

/** Whether `inner` lies in `outer` and is smaller. */
export function isStrictSubset(inner: Block, outer: Block): boolean {
  if (inner.width !== outer.width || inner.bits <= outer.bits) return false;
  return inner.first >> BigInt(inner.bits - outer.bits) === outer.first;
}

/** A member that keeps its value; empty lists and maps count as absent. */
export function immutable(field: string, value: unknown, old: unknown): FieldError[] {
  return equalJson(value ?? null, old ?? null) ? [] : [invalid(field, value ?? null, "field is immutable")];
}

/** A quantity that is not negative. */
export function nonNegativeQuantity(field: string, text: unknown): FieldError[] {
  const quantity = parseQuantity(text as string);
  return quantity && quantity.nanos < 0n ? [invalid(field, text, "must be greater than or equal to 0")] : [];
}

/** Sign of a quantity: -1, 0 or 1; 0 if it is none. */
export function signOf(text: unknown): -1 | 0 | 1 {
  const nanos = parseQuantity((text ?? "") as string)?.nanos ?? 0n;
  return nanos > 0n ? 1 : nanos < 0n ? -1 : 0;
}
