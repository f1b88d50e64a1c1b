// What the element of a statement that did not match asks for, and what the request has instead.
import type { Question } from "./compile.ts";
import type { Statement } from "./types.ts";

/** The clause behind a label of a trace; nothing for actions, whose lists say nothing about this request. */
export function failingClause(
  label: string,
  { principals, notPrincipals, resources, notResources, conditions }: Statement,
  { resource, context, principal }: Question,
): { readonly wanted?: readonly string[]; readonly got?: readonly string[] } {
  if (label === "Principal") return { wanted: principalTexts(principals ?? notPrincipals), got: [principal.arn || "(anonymous)"] };
  if (label === "Resource" || label === "NotResource") return { wanted: resources ?? notResources ?? [], got: [resource.text] };
  const [, operator = "", key = ""] = /^Condition (\S+) (.*)$/s.exec(label) ?? [];
  const wanted = Object.hasOwn(conditions, operator) ? conditions[operator]?.[key] : undefined;
  return wanted ? { wanted, got: context.values(key.toLowerCase()) ?? [] } : {};
}

function principalTexts(principals: Statement["principals"]): string[] {
  if (principals === undefined || principals === "*") return ["*"];
  return Object.entries(principals).flatMap(([type, values = []]) => values.map((value) => `${type}: ${value}`));
}
