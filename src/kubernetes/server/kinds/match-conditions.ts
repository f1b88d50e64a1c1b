// Match conditions of webhooks and policies.
import { duplicate, type FieldError, invalid, required, tooMany } from "../../api/field-error.ts";
import { qualifiedKey } from "../../api/names.ts";
import { checkExpression } from "./policy-expressions.ts";

const most = 64;

/** Findings about match conditions; `params` says whether they may name the parameters. */
export function matchConditionErrors(conditions: readonly any[] = [], at: string, params: boolean): FieldError[] {
  const errors: FieldError[] = conditions.length > most ? [tooMany(at, conditions.length, most)] : [];
  const names = new Set<string>();
  for (const [i, { name = "", expression = "" }] of conditions.entries()) {
    const place = `${at}[${i}]`;
    const source = expression.trim();
    if (!source) errors.push(required(`${place}.expression`));
    else {
      const { problem } = checkExpression(source, { params, authorizer: true }, ["bool"]);
      if (problem) errors.push(invalid(`${place}.expression`, source, problem));
    }
    if (!name) errors.push(required(`${place}.name`));
    else for (const problem of qualifiedKey(name)) errors.push(invalid(`${place}.name`, name, problem));
    if (name && names.has(name)) errors.push(duplicate(`${place}.name`, name));
    names.add(name);
  }
  return errors;
}
