// Third stage of parsing: what IAM's older parser refuses.
import { parseDate } from "../conditions/date.ts";
import { parseOperatorName } from "../conditions/operators.ts";
import { malformed } from "./errors.ts";
import type { RawStatement } from "./syntax.ts";

/** Throws `The policy failed legacy parsing` for a wrong-case Effect, an unreadable date, a five-part ARN or one without a service. */
export function legacyParse(statement: RawStatement): void {
  const { effect, resources, notResources, conditions } = statement;
  const sound =
    (effect === "Allow" || effect === "Deny") &&
    Object.entries(conditions).every(([operator, keys]) => !isDate(operator) || Object.values(keys).flat().every(isReadableDate)) &&
    (resources ?? notResources ?? []).every(isParsableResource);
  if (!sound) throw malformed("The policy failed legacy parsing");
}

const isDate = (operator: string) => parseOperatorName(operator)?.base.startsWith("Date") ?? false;

const isReadableDate = (operand: string) => parseDate(operand) !== undefined;

function isParsableResource(resource: string): boolean {
  const parts = resource.split(":");
  return parts[0] !== "arn" || (parts.length !== 5 && parts[2] !== "");
}
