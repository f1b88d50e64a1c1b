// The condition operators: for each, how one request value is compared with the policy's values.
import { BlockList, isIP } from "node:net";
import { arnTarget, compileArn } from "../arn-match.ts";
import type { RequestContext } from "../context.ts";
import { compileTemplate } from "../template.ts";
import { parseDate } from "./date.ts";

/** Whether a request value equals (or is like, or below …) one of the policy's values; undefined if it cannot be converted. */
export type Comparison = (value: string, context: RequestContext) => boolean | undefined;

/** How an operator reads a policy's values. */
export interface Operator {
  /** `…Not…` operators hold when no value equals. */
  readonly negated: boolean;
  compile(values: readonly string[], variables: boolean): Comparison;
}

const string = (wildcards: boolean, ignoreCase: boolean) => (values: readonly string[], variables: boolean) => {
  const matchers = values.map((value) => compileTemplate(value, { variables, wildcards, ignoreCase }));
  return (value: string, context: RequestContext) => matchers.some((matches) => matches(value, context));
};

const arn = (values: readonly string[], variables: boolean): Comparison => {
  const matchers = values.map((value) => compileArn(value, { variables, variablesIn: "all-segments", pad: false }));
  return (value, context) => {
    const target = arnTarget(value);
    return target.segments && matchers.some((matches) => matches(target, context));
  };
};

const ordered =
  (parse: (text: string) => number | undefined, holds: (request: number, policy: number) => boolean) =>
  (values: readonly string[]): Comparison => {
    const operands = values.map(parse);
    return (value) => {
      const request = parse(value);
      if (request === undefined) return undefined;
      if (operands.some((operand) => operand !== undefined && holds(request, operand))) return true;
      return operands.includes(undefined) ? undefined : false;
    };
  };

function parseNumber(text: string): number | undefined {
  return /^[+-]?(\d+(?:\.\d*)?|\.\d+)(e[+-]?\d{1,3})?$/i.test(text.trim()) ? Number(text) : undefined;
}

function parseBool(text: string): number | undefined {
  const folded = text.trim().toLowerCase();
  return folded === "true" ? 1 : folded === "false" ? 0 : undefined;
}

const binary = (values: readonly string[]): Comparison => {
  const decoded = new Set(values.map((value) => Buffer.from(value, "base64").toString("latin1")));
  return (value) => decoded.has(Buffer.from(value, "base64").toString("latin1"));
};

const address = (values: readonly string[]): Comparison => {
  // One list for each family: a single one would find every IPv4 address in ::/0.
  const ranges: Ranges = { 4: new BlockList(), 6: new BlockList() };
  const unreadable = values.filter((value) => !addRange(ranges, value.trim())).length > 0;
  return (value) => {
    const family = isIP(value);
    if (family !== 4 && family !== 6) return undefined;
    if (ranges[family].check(value, family === 6 ? "ipv6" : "ipv4")) return true;
    return unreadable ? undefined : false;
  };
};

type Ranges = Readonly<Record<4 | 6, BlockList>>;

function addRange(ranges: Ranges, text: string): boolean {
  const [, network = "", prefix] = /^([0-9a-f:.]+)(?:\/(\d{1,3}))?$/i.exec(text) ?? [];
  const family = isIP(network);
  const bits = prefix === undefined ? (family === 6 ? 128 : 32) : Number(prefix);
  if ((family !== 4 && family !== 6) || bits > (family === 6 ? 128 : 32)) return false;
  ranges[family].addSubnet(network, bits, family === 6 ? "ipv6" : "ipv4");
  return true;
}

const equal = (request: number, policy: number) => request === policy;

const positive = (compile: Operator["compile"]): Operator => ({ negated: false, compile });
const negated = (compile: Operator["compile"]): Operator => ({ negated: true, compile });

function comparisons(family: string, parse: (text: string) => number | undefined): [string, Operator][] {
  return [
    [`${family}Equals`, positive(ordered(parse, equal))],
    [`${family}NotEquals`, negated(ordered(parse, equal))],
    [`${family}LessThan`, positive(ordered(parse, (request, policy) => request < policy))],
    [`${family}LessThanEquals`, positive(ordered(parse, (request, policy) => request <= policy))],
    [`${family}GreaterThan`, positive(ordered(parse, (request, policy) => request > policy))],
    [`${family}GreaterThanEquals`, positive(ordered(parse, (request, policy) => request >= policy))],
  ];
}

/** Operators by name, without prefix and suffix; `Null` is apart because it looks at presence only. IAM User Guide, condition operators. */
export const operators: ReadonlyMap<string, Operator> = new Map<string, Operator>([
  ["StringEquals", positive(string(false, false))],
  ["StringNotEquals", negated(string(false, false))],
  ["StringEqualsIgnoreCase", positive(string(false, true))],
  ["StringNotEqualsIgnoreCase", negated(string(false, true))],
  ["StringLike", positive(string(true, false))],
  ["StringNotLike", negated(string(true, false))],
  ...comparisons("Numeric", parseNumber),
  ...comparisons("Date", parseDate),
  ["Bool", positive(ordered(parseBool, equal))],
  ["BinaryEquals", positive(binary)],
  ["IpAddress", positive(address)],
  ["NotIpAddress", negated(address)],
  ["ArnEquals", positive(arn)],
  ["ArnLike", positive(arn)],
  ["ArnNotEquals", negated(arn)],
  ["ArnNotLike", negated(arn)],
]);

/** An operator's name taken apart. */
export interface OperatorName {
  readonly base: string;
  readonly set?: "ForAnyValue" | "ForAllValues";
  readonly ifExists: boolean;
}

/** Reads `ForAnyValue:StringLikeIfExists`; undefined if it names no operator. */
export function parseOperatorName(name: string): OperatorName | undefined {
  const [, set, rest = ""] = /^(?:(ForAnyValue|ForAllValues):)?(.*)$/s.exec(name) ?? [];
  const ifExists = rest.endsWith("IfExists");
  const base = ifExists ? rest.slice(0, -"IfExists".length) : rest;
  if (base === "Null" ? ifExists || set : !operators.has(base)) return undefined;
  return { base, ifExists, ...(set && { set: set as "ForAnyValue" | "ForAllValues" }) };
}
