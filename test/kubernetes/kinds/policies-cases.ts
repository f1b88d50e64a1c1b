// Validating admission policies and their bindings: what is taken, what is refused, and the words.
import type { ChangeCase, CreateCase } from "../validation.ts";
import { label1035, namePart, subdomain } from "./texts.ts";

const kind = "ValidatingAdmissionPolicy";
const rule = { operations: ["CREATE"], apiGroups: [""], apiVersions: ["v1"], resources: ["pods"] };
const matchConstraints = { resourceRules: [rule] };
const paramKind = { apiVersion: "v1", kind: "ConfigMap" };
const holds = { expression: "object.metadata.name != 'x'" };
const policy = (more: object = {}) => ({ spec: { matchConstraints, validations: [holds], ...more } });
const judging = (...validations: object[]) => policy({ validations });
const matching = (more: object) => policy({ matchConstraints: { ...matchConstraints, ...more } });
const naming = (more: object) => policy({ paramKind: { ...paramKind, ...more } });
const using = (variables: object[], expression = "true") => policy({ variables, validations: [{ expression }] });
const noting = (...auditAnnotations: object[]) => ({
  ...policy({ auditAnnotations }),
  metadata: { name: `noted-${auditAnnotations.length}` },
});
const note = { key: "k", valueExpression: "'v'" };

const empty = "Required value: validations or auditAnnotations must contain at least one item";
const first = "spec.validations[0]";
const failed = "compilation failed: ERROR: <input>:1";
const undeclared = (name: string) => `undeclared reference to '${name}' (in container '')`;
const compilation = (expression: string, column: number, text: string) =>
  `Invalid value: ${JSON.stringify(expression)}: ${failed}:${column}: ${text}\n | ${expression}\n | ${".".repeat(column - 1)}^`;

export const policyCreations: readonly CreateCase[] = [
  [kind, policy(), undefined],
  [kind, policy({ validations: [], auditAnnotations: [note] }), undefined],
  [kind, policy({ validations: [] }), `[spec.validations: ${empty}, spec.auditAnnotations: ${empty}]`],
  [kind, policy({ failurePolicy: "Never" }), 'spec.failurePolicy: Unsupported value: "Never": supported values: "Fail", "Ignore"'],
  [kind, { spec: {} }, `[spec.matchConstraints: Required value, spec.validations: ${empty}, spec.auditAnnotations: ${empty}]`],

  [kind, naming({ apiVersion: "rules.example.com/v1", kind: "MaxReplicas" }), undefined],
  [kind, naming({ apiVersion: "" }), "spec.paramKind.apiVersion: Required value"],
  [kind, naming({ apiVersion: "a/b/c" }), 'spec.paramKind.apiVersion: Invalid value: "a/b/c": unexpected GroupVersion string: a/b/c'],
  [kind, naming({ apiVersion: "A/v1" }), `spec.paramKind.apiVersion: Invalid value: "A": ${subdomain}`],
  [kind, naming({ apiVersion: "a/1" }), `spec.paramKind.apiVersion: Invalid value: "1": ${label1035}`],
  [kind, naming({ apiVersion: "a/" }), 'spec.paramKind.apiVersion: Invalid value: "a/": version must be specified'],
  [kind, naming({ apiVersion: "/" }), 'spec.paramKind.apiVersion: Invalid value: "/": version must be specified'],
  [kind, naming({ kind: "" }), "spec.paramKind.kind: Required value"],
  [
    kind,
    naming({ kind: "Max_Replicas" }),
    `spec.paramKind.kind: Invalid value: "Max_Replicas": may have mixed case, but should otherwise match: ${label1035}`,
  ],

  [kind, policy({ matchConstraints: undefined }), "spec.matchConstraints: Required value"],
  [kind, policy({ matchConstraints: {} }), "spec.matchConstraints.resourceRules: Required value"],
  [
    kind,
    matching({ matchPolicy: "Near" }),
    'spec.matchConstraints.matchPolicy: Unsupported value: "Near": supported values: "Equivalent", "Exact"',
  ],
  [
    kind,
    matching({ namespaceSelector: { matchLabels: { "a b": "" } } }),
    `spec.matchConstraints.namespaceSelector.matchLabels: Invalid value: "a b": ${namePart}`,
  ],
  [
    kind,
    matching({ objectSelector: { matchExpressions: [{ key: "a", operator: "In" }] } }),
    "spec.matchConstraints.objectSelector.matchExpressions[0].values: Required value: must be specified when `operator` is 'In' or 'NotIn'",
  ],
  [
    kind,
    matching({ resourceRules: [{ ...rule, resourceNames: ["a", "b/c", "a"] }] }),
    '[spec.matchConstraints.resourceRules[0].resourceNames[1]: Invalid value: "b/c": may not contain \'/\', spec.matchConstraints.resourceRules[0].resourceNames[2]: Duplicate value: "a"]',
  ],
  [
    kind,
    matching({ excludeResourceRules: [{ ...rule, operations: ["GET"] }] }),
    'spec.matchConstraints.excludeResourceRules[0].operations[0]: Unsupported value: "GET": supported values: "*", "CONNECT", "CREATE", "DELETE", "UPDATE"',
  ],

  [kind, { spec: { ...policy().spec, paramKind, matchConditions: [{ name: "c", expression: "params.data.on == 'y'" }] } }, undefined],
  [kind, policy({ matchConditions: [{ name: "c", expression: "namespaceObject.metadata.name == 'a'" }] }), undefined],
  [
    kind,
    policy({ matchConditions: [{ name: "c", expression: "params.on" }] }),
    `spec.matchConditions[0].expression: ${compilation("params.on", 1, undeclared("params"))}`,
  ],
  [
    kind,
    policy({ matchConditions: [{ name: "c", expression: "'a'" }] }),
    `spec.matchConditions[0].expression: Invalid value: "'a'": must evaluate to bool but got string`,
  ],

  [kind, using([{ name: "a", expression: "object.spec.x" }], "variables.a == 1"), undefined],
  [
    kind,
    using(
      [
        { name: "a", expression: "1" },
        { name: "b", expression: "variables.a + 1" },
      ],
      "variables.b == 2",
    ),
    undefined,
  ],
  [kind, using([{ name: "a", expression: "true" }], "variables.a"), undefined],
  [kind, using([{ name: " ", expression: "1" }]), "spec.variables[0].name: Required value: name is not specified"],
  [kind, using([{ name: "a-b", expression: "1" }]), 'spec.variables[0].name: Invalid value: "a-b": name is not a valid CEL identifier'],
  [kind, using([{ name: "in", expression: "1" }]), 'spec.variables[0].name: Invalid value: "in": name is not a valid CEL identifier'],
  [kind, using([{ name: "a", expression: "" }]), "spec.variables[0].expression: Required value: expression is not specified"],
  [kind, using([{ name: "a", expression: "nobody" }]), `spec.variables[0].expression: ${compilation("nobody", 1, undeclared("nobody"))}`],
  [
    kind,
    using([
      { name: "a", expression: "variables.b" },
      { name: "b", expression: "1" },
    ]),
    `spec.variables[0].expression: ${compilation("variables.b", 10, "undefined field 'b'")}`,
  ],
  [
    kind,
    using([{ name: "a", expression: "1" }], "variables.c == 1"),
    `${first}.expression: ${compilation("variables.c == 1", 10, "undefined field 'c'")}`,
  ],
  [
    kind,
    using([{ name: "a", expression: "1" }], "variables.a"),
    `${first}.expression: Invalid value: "variables.a": must evaluate to bool but got int`,
  ],
  [
    kind,
    judging({ expression: "variables.a == 1" }),
    `${first}.expression: ${compilation("variables.a == 1", 1, undeclared("variables"))}`,
  ],

  [kind, judging({ expression: " " }), `${first}.expression: Required value: expression is not specified`],
  [
    kind,
    judging(holds, { expression: "'text'" }),
    `spec.validations[1].expression: Invalid value: "'text'": must evaluate to bool but got string`,
  ],
  [kind, judging({ expression: "[1]" }), `${first}.expression: Invalid value: "[1]": must evaluate to bool but got list(int)`],
  [
    kind,
    judging({ expression: "object.spec.paused" }),
    `${first}.expression: Invalid value: "object.spec.paused": must evaluate to bool but got dyn`,
  ],
  [
    kind,
    judging({ expression: "request.operation" }),
    `${first}.expression: Invalid value: "request.operation": must evaluate to bool but got string`,
  ],
  [
    kind,
    judging({ expression: "request.kind.name == 'a'" }),
    `${first}.expression: ${compilation("request.kind.name == 'a'", 13, "undefined field 'name'")}`,
  ],
  [kind, judging({ expression: "params.x == 1" }), `${first}.expression: ${compilation("params.x == 1", 1, undeclared("params"))}`],
  [
    kind,
    judging({ expression: "object.a +" }),
    `${first}.expression: ${compilation("object.a +", 11, "Syntax error: mismatched input '<EOF>'")}`,
  ],
  [kind, judging({ ...holds, messageExpression: "'no ' + object.metadata.name" }), undefined],
  [kind, judging({ ...holds, messageExpression: " " }), `${first}.messageExpression: Invalid value: " ": must be non-empty if specified`],
  [
    kind,
    judging({ ...holds, messageExpression: "1" }),
    `${first}.messageExpression: Invalid value: "1": must evaluate to string but got int`,
  ],
  [
    kind,
    judging({ ...holds, messageExpression: "authorizer.path('/').check('get').reason()" }),
    `${first}.messageExpression: ${compilation("authorizer.path('/').check('get').reason()", 1, undeclared("authorizer"))}`,
  ],
  [kind, judging({ ...holds, message: " " }), `${first}.message: Invalid value: " ": message must be non-empty if specified`],
  [kind, judging({ ...holds, message: "a\nb" }), `${first}.message: Invalid value: "a\\nb": message must not contain line breaks`],
  [kind, judging({ ...holds, message: "a\n" }), undefined],
  [kind, judging({ ...holds, reason: "Forbidden" }), undefined],
  [
    kind,
    judging({ ...holds, reason: "Unauthorized" }),
    `${first}.reason: Unsupported value: "Unauthorized": supported values: "Forbidden", "Invalid", "RequestEntityTooLarge"`,
  ],

  [kind, noting(note, { key: "l", valueExpression: "null" }), undefined],
  [kind, noting(note, note, { key: "m", valueExpression: "'v'" }), 'spec.auditAnnotations[1].key: Duplicate value: "k"'],
  [kind, noting({ ...note, key: "a b" }), `spec.auditAnnotations[0].key: Invalid value: "noted-1/a b": ${namePart}`],
  [
    kind,
    noting({ ...note, valueExpression: " " }),
    "spec.auditAnnotations[0].valueExpression: Required value: valueExpression is not specified",
  ],
  [
    kind,
    noting({ ...note, valueExpression: "1 == 1" }),
    'spec.auditAnnotations[0].valueExpression: Invalid value: "1 == 1": must evaluate to one of [string null_type] but got bool',
  ],
  [
    kind,
    noting({ ...note, valueExpression: `'${"x".repeat(5 * 1024)}'` }),
    "spec.auditAnnotations[0].valueExpression: Required value: must not exceed 5120 bytes in length",
  ],
  [
    kind,
    policy({ failurePolicy: "x", paramKind: {}, matchConstraints: {}, validations: [{ reason: "y" }] }),
    `[spec.failurePolicy: Unsupported value: "x": supported values: "Fail", "Ignore", spec.paramKind.apiVersion: Required value, spec.paramKind.kind: Required value, spec.matchConstraints.resourceRules: Required value, ${first}.expression: Required value: expression is not specified, ${first}.reason: Unsupported value: "y": supported values: "Forbidden", "Invalid", "RequestEntityTooLarge"]`,
  ],
];

const binding = "ValidatingAdmissionPolicyBinding";
const bound = (more: object = {}) => ({ spec: { policyName: "p", validationActions: ["Deny"], ...more } });
const acting = (...validationActions: string[]) => bound({ validationActions });
const referring = (paramRef: object) => bound({ paramRef: { name: "a", parameterNotFoundAction: "Deny", ...paramRef } });
const exclusive = "Forbidden: name and selector are mutually exclusive";
const conflict =
  "must not contain both Deny and Warn (repeating the same validation failure information in the API response and headers serves no purpose)";
const actions = 'supported values: "Audit", "Deny", "Warn"';

export const bindingCreations: readonly CreateCase[] = [
  [binding, bound(), undefined],
  [binding, acting("Warn", "Audit"), undefined],
  [binding, bound({ policyName: "" }), "spec.policyName: Required value"],
  [binding, bound({ policyName: "A" }), `spec.policyName: Invalid value: "A": ${subdomain}`],
  [binding, acting(), "spec.validationActions: Required value: at least one validation action is required"],
  [binding, acting("Deny", "Warn"), `spec.validationActions: Invalid value: ["Deny","Warn"]: ${conflict}`],
  [binding, acting("Stop"), `spec.validationActions[0]: Unsupported value: "Stop": ${actions}`],
  [binding, acting("Audit", "Audit"), 'spec.validationActions[1]: Duplicate value: "Audit"'],
  [
    binding,
    acting("Stop", "Stop", "Deny", "Warn"),
    `[spec.validationActions[0]: Unsupported value: "Stop": ${actions}, spec.validationActions[1]: Unsupported value: "Stop": ${actions}, spec.validationActions[1]: Duplicate value: "Stop", spec.validationActions: Invalid value: ["Stop","Stop","Deny","Warn"]: ${conflict}]`,
  ],
  [binding, referring({}), undefined],
  [binding, referring({ name: undefined, selector: {}, parameterNotFoundAction: "Allow" }), undefined],
  [binding, referring({ name: undefined }), "spec.paramRef: Required value: one of name or selector must be specified"],
  [binding, referring({ selector: {} }), `[spec.paramRef.name: ${exclusive}, spec.paramRef.selector: ${exclusive}]`],
  [binding, referring({ name: "a/b" }), "spec.paramRef.name: Invalid value: \"a/b\": may not contain '/'"],
  [
    binding,
    referring({ name: undefined, selector: { matchExpressions: [{ key: "a", operator: "Near" }] } }),
    'spec.paramRef.selector.matchExpressions[0].operator: Invalid value: "Near": not a valid selector operator',
  ],
  [binding, referring({ parameterNotFoundAction: undefined }), "spec.paramRef.parameterNotFoundAction: Required value"],
  [
    binding,
    referring({ parameterNotFoundAction: "Ask" }),
    'spec.paramRef.parameterNotFoundAction: Unsupported value: "Ask": supported values: "Deny", "Allow"',
  ],
  [binding, bound({ matchResources: { resourceRules: [rule] } }), undefined],
  [
    binding,
    bound({ matchResources: { matchPolicy: "Near" } }),
    'spec.matchResouces.matchPolicy: Unsupported value: "Near": supported values: "Equivalent", "Exact"',
  ],
  [
    binding,
    bound({ matchResources: { resourceRules: [{ ...rule, resources: [] }] } }),
    "spec.matchResouces.resourceRules[0].resources: Required value",
  ],
];

export const policyChanges: readonly ChangeCase[] = [
  [kind, policy(), judging({ expression: "false", message: "never" }), undefined],
  [kind, policy(), judging({ expression: "1" }), `${first}.expression: Invalid value: "1": must evaluate to bool but got int`],
  [
    kind,
    { spec: { ...policy().spec, paramKind, matchConditions: [{ name: "c", expression: "params != null" }] } },
    { spec: { paramKind: null } },
    `spec.matchConditions[0].expression: ${compilation("params != null", 1, undeclared("params"))}`,
  ],
  [binding, bound(), { spec: { validationActions: ["Warn"] } }, undefined],
  [binding, bound(), { spec: { policyName: "" } }, "spec.policyName: Required value"],
];

const changing = "MutatingAdmissionPolicy";
const apply = (expression: string) => ({ patchType: "ApplyConfiguration", applyConfiguration: { expression } });
const patch = (expression: string) => ({ patchType: "JSONPatch", jsonPatch: { expression } });
const mutating = (mutations: object[], more: object = {}) => ({
  spec: { matchConstraints, reinvocationPolicy: "Never", mutations, ...more },
});
const make = apply("Object{}");
const mutation = "spec.mutations[0]";

/** Of the minor that has them, 1.36. */
export const mutatingCreations: readonly CreateCase[] = [
  [changing, mutating([make, patch("[JSONPatch{op: 'add', path: '/a', value: 1}]")]), undefined],
  [
    changing,
    mutating([apply("Object{metadata: Object.metadata{name: variables.a}}")], { variables: [{ name: "a", expression: "'b'" }] }),
    undefined,
  ],
  [changing, mutating([]), "spec.mutations: Required value: mutations must contain at least one item"],
  [changing, mutating([make], { reinvocationPolicy: "" }), "spec.reinvocationPolicy: Required value"],
  [
    changing,
    mutating([make], { matchConstraints: { resourceRules: [{ ...rule, operations: ["DELETE"] }] } }),
    'spec.matchConstraints.resourceRules[0].operations[0]: Unsupported value: "DELETE": supported values: "*", "CONNECT", "CREATE", "UPDATE"',
  ],
  [changing, mutating([{}]), `${mutation}.patchType: Required value`],
  [
    changing,
    mutating([{ patchType: "Merge" }]),
    `${mutation}.patchType: Unsupported value: "Merge": supported values: "ApplyConfiguration", "JSONPatch"`,
  ],
  [
    changing,
    mutating([{ patchType: "JSONPatch" }]),
    `${mutation}.jsonPatch: Required value: must be specified when patchType is JSONPatch`,
  ],
  [
    changing,
    mutating([{ ...make, jsonPatch: { expression: "[]" } }]),
    `${mutation}.jsonPatch: Invalid value: "{jsonPatch}": must not be specified when patchType is ApplyConfiguration`,
  ],
  [changing, mutating([apply(" ")]), `${mutation}.applyConfiguration.expression: Required value: expression is not specified`],
  [
    changing,
    mutating([apply("'a'")]),
    `${mutation}.applyConfiguration.expression: Invalid value: "'a'": must evaluate to Object but got string`,
  ],
  [
    changing,
    mutating([patch("{}")]),
    `${mutation}.jsonPatch.expression: Invalid value: "{}": must evaluate to list(JSONPatch) but got map(dyn, dyn)`,
  ],
  [changing, mutating([apply("nobody")]), `${mutation}.applyConfiguration.expression: ${compilation("nobody", 1, undeclared("nobody"))}`],
  ["MutatingAdmissionPolicyBinding", { spec: { policyName: "p" } }, undefined],
  [
    "MutatingAdmissionPolicyBinding",
    { spec: { policyName: "p", matchResources: { matchPolicy: "x" } } },
    'spec.matchResouces.matchPolicy: Unsupported value: "x": supported values: "Equivalent", "Exact"',
  ],
  ["MutatingAdmissionPolicyBinding", { spec: {} }, "spec.policyName: Required value"],
];
