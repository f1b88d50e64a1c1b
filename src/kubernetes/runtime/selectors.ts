// Label selectors as objects (metav1.LabelSelector) and as kubectl text, compiled once and matched often.

/** metav1.LabelSelector. */
export interface LabelSelector {
  readonly matchLabels?: Readonly<Record<string, string>>;
  readonly matchExpressions?: readonly { key: string; operator: string; values?: readonly string[] }[];
}

/** Says whether labels are selected. */
export type LabelMatch = (labels: Readonly<Record<string, string>> | undefined) => boolean;

const nothing: Readonly<Record<string, string>> = {};
const compiled = new WeakMap<object, LabelMatch>();

/** Compiles a selector. Absent selects nothing, empty selects everything (API conventions). */
export function compileSelector(selector: LabelSelector | undefined | null): LabelMatch {
  if (!selector) return () => false;
  const present = compiled.get(selector);
  if (present) return present;
  const equal = Object.entries(selector.matchLabels ?? {});
  const expressions = (selector.matchExpressions ?? []).map(({ key, operator, values }) => matchExpression(key, operator, values ?? []));
  const match: LabelMatch = (labels = nothing) =>
    equal.every(([key, value]) => labels[key] === value) && expressions.every((expression) => expression(labels));
  compiled.set(selector, match);
  return match;
}

/** One requirement of a selector, also of node selectors (Gt, Lt). Unknown operators select nothing. */
export function matchExpression(key: string, operator: string, values: readonly string[]): LabelMatch {
  const set = new Set(values);
  switch (operator) {
    case "In":
      return (labels = nothing) => labels[key] !== undefined && set.has(labels[key]);
    case "NotIn":
      return (labels = nothing) => labels[key] === undefined || !set.has(labels[key]);
    case "Exists":
      return (labels = nothing) => labels[key] !== undefined;
    case "DoesNotExist":
      return (labels = nothing) => labels[key] === undefined;
    case "Gt":
      return (labels = nothing) => compare(labels[key], values[0], (a, b) => a > b);
    case "Lt":
      return (labels = nothing) => compare(labels[key], values[0], (a, b) => a < b);
    default:
      return () => false;
  }
}

/** Matches a plain map of labels, as services and replication controllers select; an empty map selects nothing. */
export function matchesMap(
  selector: Readonly<Record<string, string>> | undefined,
  labels: Readonly<Record<string, string>> | undefined,
): boolean {
  const entries = Object.entries(selector ?? {});
  return entries.length > 0 && entries.every(([key, value]) => labels?.[key] === value);
}

/** A selector as kubectl writes it, for `status.selector` of scale subresources. */
export function selectorText(selector: LabelSelector | undefined): string {
  const parts = Object.entries(selector?.matchLabels ?? {}).map(([key, value]) => `${key}=${value}`);
  for (const { key, operator, values } of selector?.matchExpressions ?? []) {
    if (operator === "Exists") parts.push(key);
    else if (operator === "DoesNotExist") parts.push(`!${key}`);
    else parts.push(`${key} ${operator === "In" ? "in" : "notin"} (${[...(values ?? [])].sort().join(",")})`);
  }
  return parts.sort().join(",");
}

function compare(label: string | undefined, value: string | undefined, holds: (a: bigint, b: bigint) => boolean): boolean {
  if (!label || !value || !/^-?\d+$/.test(label) || !/^-?\d+$/.test(value)) return false;
  return holds(BigInt(label), BigInt(value));
}
