// Rules of schemas (x-kubernetes-validations) that are refused, and in which words.
import type { DefinitionCase } from "./definition-cases.ts";
import { at, list, object, text } from "./schema-cases.ts";

type Json = any;

const shown = (rule: string, more: object = {}) =>
  JSON.stringify({ Rule: rule, Message: "", MessageExpression: "", Reason: null, FieldPath: "", OptionalOldSelf: null, ...more });
const ruled = (rule: object, type: Json = { type: "integer" }) => ({ ...type, "x-kubernetes-validations": [rule] });
const here = "@.x-kubernetes-validations[0]";

const rules: readonly DefinitionCase[] = [
  at("an empty rule", ruled({ rule: " " }), [`${here}.rule: Required value: rule is not specified`], 23),
  at(
    "an empty message",
    ruled({ rule: "true", message: " " }),
    [`${here}.message: Invalid value: " ": message must be non-empty if specified`],
    23,
  ),
  at(
    "a message in lines",
    ruled({ rule: "true", message: "a\nb" }),
    [`${here}.message: Invalid value: "a\\nb": message must not contain line breaks`],
    23,
  ),
  at(
    "a rule in lines",
    ruled({ rule: "self > 1 &&\nself < 3" }),
    [`${here}.message: Required value: message must be specified if rule contains line breaks`],
    23,
  ),
  at(
    "an empty messageExpression",
    ruled({ rule: "true", messageExpression: " " }),
    [`${here}.messageExpression: Required value: messageExpression must be non-empty if specified`],
    27,
  ),
  at(
    "a reason",
    ruled({ rule: "true", reason: "Because" }),
    [
      `${here}.reason: Unsupported value: "Because": supported values: "FieldValueDuplicate", "FieldValueForbidden", "FieldValueInvalid", "FieldValueRequired"`,
    ],
    28,
  ),
  at(
    "a fieldPath to nowhere",
    ruled({ rule: "true", fieldPath: ".x" }, object({ b: text })),
    [`${here}.fieldPath: Invalid value: ".x": fieldPath must be a valid path`],
    28,
  ),
  at(
    "an empty fieldPath",
    ruled({ rule: "true", fieldPath: " \n" }, object({ b: text })),
    [
      `${here}.fieldPath: Invalid value: " \\n": fieldPath must be non-empty if specified`,
      `${here}.fieldPath: Invalid value: " \\n": fieldPath must not contain line breaks`,
      `${here}.fieldPath: Invalid value: " \\n": fieldPath must be a valid path`,
    ],
    28,
  ),
  at(
    "a member that is not there",
    ruled({ rule: "self.x == 1" }, object({ b: text })),
    [
      `${here}.rule: Invalid value: ${shown("self.x == 1")}: compilation failed: ERROR: <input>:1:5: undefined field 'x'\n | self.x == 1\n | ....^`,
    ],
    23,
  ),
  at(
    "a rule that is a number",
    ruled({ rule: "self + 1" }),
    [`${here}.rule: Invalid value: ${shown("self + 1")}: cel expression must evaluate to a bool`],
    23,
  ),
  at(
    "a messageExpression that is a number",
    ruled({ rule: "self > 1", messageExpression: "self" }),
    [
      `${here}.messageExpression: Invalid value: ${shown("self > 1", { MessageExpression: "self" })}: messageExpression must evaluate to a string`,
    ],
    27,
  ),
  at(
    "a messageExpression that does not compile",
    ruled({ rule: "self > 1", messageExpression: "other" }),
    [
      `${here}.messageExpression: Invalid value: ${shown("self > 1", { MessageExpression: "other" })}: messageExpression compilation failed: ERROR: <input>:1:1: undeclared reference to 'other' (in container '')\n | other\n | ^`,
    ],
    27,
  ),
  at(
    "the past of a list's items",
    { type: "array", items: ruled({ rule: "self == oldSelf" }) },
    [
      '@.items.x-kubernetes-validations[0].rule: Invalid value: "self == oldSelf": oldSelf cannot be used on the uncorrelatable portion of the schema within @',
    ],
    25,
  ),
  at(
    "a past nobody asks for",
    ruled({ rule: "self > 1", optionalOldSelf: true }),
    [`${here}.optionalOldSelf: Invalid value: true: may not be set if oldSelf is not used in rule`],
    29,
  ),
  at(
    "rules of schemas that are wrong themselves are not compiled",
    ruled({ rule: "self.x" }, { type: "array", items: text, uniqueItems: true }),
    ["@.uniqueItems: Forbidden: uniqueItems cannot be set to true since the runtime complexity becomes quadratic"],
    23,
  ),
];

const compiled = (rule: string, error: string, type?: Json) =>
  at(`the rule ${rule}`, ruled({ rule }, type), [`${here}.rule: Invalid value: ${shown(rule)}: ${error}`], 23);
const nested = object({ n: { type: "integer" }, secret: { "x-kubernetes-preserve-unknown-fields": true }, l: list({}) });

const ruleTypes: readonly DefinitionCase[] = [
  compiled(
    "self == true",
    "compilation failed: ERROR: <input>:1:6: found no matching overload for '_==_' applied to '(int, bool)'\n | self == true\n | .....^",
  ),
  compiled(
    "self.l.all(x, x > self.n)",
    "compilation failed: ERROR: <input>:1:17: found no matching overload for '_>_' applied to '(string, int)'\n | self.l.all(x, x > self.n)\n | ................^",
    nested,
  ),
  compiled(
    "has(self.secret)",
    "compilation failed: ERROR: <input>:1:9: undefined field 'secret'\n | has(self.secret)\n | ........^",
    nested,
  ),
  compiled(
    "self.l.shout()",
    "compilation failed: ERROR: <input>:1:13: undeclared reference to 'shout' (in container '')\n | self.l.shout()\n | ............^",
    nested,
  ),
  compiled("self.matches('(')", "program instantiation failed: error parsing regexp: missing closing ): `(`", text),
];

/** Rules that are refused. */
export const ruleCases: readonly DefinitionCase[] = [...rules, ...ruleTypes];
