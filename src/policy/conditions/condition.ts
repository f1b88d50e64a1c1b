// One key of a Condition block, prepared: operator, set prefix, absent keys.
import type { RequestContext } from "../context.ts";
import type { Statement } from "../types.ts";
import { operators, parseOperatorName } from "./operators.ts";

/** A test of a request; `label` names it in traces. */
export interface CompiledCondition {
  readonly label: string;
  holds(context: RequestContext): boolean;
}

/** Prepares a Condition block. All of the result must hold. `variables`: whether the document's version knows policy variables. */
export function compileConditions(conditions: Statement["conditions"], variables: boolean): CompiledCondition[] {
  return Object.entries(conditions).flatMap(([operator, keys]) =>
    Object.entries(keys).map(([key, values]) => ({
      label: `Condition ${operator} ${key}`,
      holds: compile(operator, key.toLowerCase(), values, variables),
    })),
  );
}

function compile(
  operatorName: string,
  key: string,
  policyValues: readonly string[],
  variables: boolean,
): (context: RequestContext) => boolean {
  const name = parseOperatorName(operatorName);
  // Only reachable for a document that the parser did not make: an unknown operator never holds.
  if (!name) return () => false;
  if (name.base === "Null") {
    const wanted = new Set(policyValues.map((value) => value.trim().toLowerCase()));
    return (context) => wanted.has(String(context.values(key) === undefined));
  }
  const { negated, compile: prepare } = operators.get(name.base)!;
  const equals = prepare(policyValues, variables);
  const whenAbsent = name.ifExists || name.set === "ForAllValues" || (negated && name.set !== "ForAnyValue");
  // Values that cannot be converted satisfy neither an operator nor its negation.
  const satisfies = (value: string, context: RequestContext) => equals(value, context) === !negated;
  // Without a set prefix many values are read as "any" for positive operators and "none" for negated ones (spec identity §6.3).
  const every = name.set ? name.set === "ForAllValues" : negated;
  return (context) => {
    const values = context.values(key);
    if (!values) return whenAbsent;
    return every ? values.every((value) => satisfies(value, context)) : values.some((value) => satisfies(value, context));
  };
}
