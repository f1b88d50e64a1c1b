// Definitions that are refused, and in which words: shared by the tests here and the comparison with a real kube-apiserver.
type Json = any;

/** What is changed in a definition that is taken, and the findings: `field: body`. `since` names the minor that first says so, if it is younger than 1.20. */
export interface DefinitionCase {
  readonly title: string;
  readonly definition: Json;
  readonly findings: readonly string[];
  readonly since?: number;
}

const open = { type: "object", "x-kubernetes-preserve-unknown-fields": true };

/** A definition that is taken. */
export function definition(schema: Json = { type: "object" }, version: object = {}): Json {
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: "widgets.shop.example" },
    spec: {
      group: "shop.example",
      scope: "Namespaced",
      names: { plural: "widgets", kind: "Widget" },
      versions: [{ name: "v1", served: true, storage: true, schema: { openAPIV3Schema: schema }, ...version }],
    },
  };
}

const subdomain =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
const label =
  "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')";
const mixed = `may have mixed case, but should otherwise match: ${label}`;

function changed(title: string, change: (definition: Json) => void, findings: readonly string[], since?: number): DefinitionCase {
  const object = definition();
  change(object);
  return { title, definition: object, findings, ...(since && { since }) };
}

const named = (names: object) => (object: Json) => Object.assign(object.spec.names, names);
const versions =
  (...list: object[]) =>
  (object: Json) => {
    object.spec.versions = list.map((each) => ({ served: true, storage: false, schema: { openAPIV3Schema: open }, ...each }));
  };
const shownVersion = (name: string, storage: boolean, more: object = {}) => ({
  Name: name,
  Served: true,
  Storage: storage,
  Deprecated: false,
  DeprecationWarning: null,
  Schema: null,
  Subresources: null,
  AdditionalPrinterColumns: null,
  SelectableFields: null,
  ...more,
});
const approval =
  'protected groups must have approval annotation "api-approved.kubernetes.io", see https://github.com/kubernetes/enhancements/pull/1111';
const inGroup = (group: string, text?: string) => (object: Json) => {
  object.spec.group = group;
  object.metadata.name = `widgets.${group}`;
  if (text !== undefined) object.metadata.annotations = { "api-approved.kubernetes.io": text };
};
const converted = (conversion: object) => (object: Json) => {
  object.spec.conversion = conversion;
};
const hook = (clientConfig: object | undefined, conversionReviewVersions: string[] = ["v1"]) =>
  converted({ strategy: "Webhook", webhook: { ...(clientConfig && { clientConfig }), conversionReviewVersions } });
const form = "desired format: https://host[/path]";
const client = "spec.conversion.webhookClientConfig";

const specCases: readonly DefinitionCase[] = [
  changed("no group", (object) => delete object.spec.group, [
    'metadata.name: Invalid value: "widgets.shop.example": must be spec.names.plural+"."+spec.group',
    "spec.group: Required value",
  ]),
  changed("a group of one part", inGroup("shop"), ['spec.group: Invalid value: "shop": should be a domain with at least one dot']),
  changed("a group in capitals", (object) => (object.spec.group = "Shop.example"), [
    'metadata.name: Invalid value: "widgets.shop.example": must be spec.names.plural+"."+spec.group',
    `spec.group: Invalid value: "Shop.example": ${subdomain}`,
  ]),
  changed("another name", (object) => (object.metadata.name = "others.shop.example"), [
    'metadata.name: Invalid value: "others.shop.example": must be spec.names.plural+"."+spec.group',
  ]),
  changed("no scope", (object) => delete object.spec.scope, ["spec.scope: Required value"]),
  changed("an unknown scope", (object) => (object.spec.scope = "Global"), [
    'spec.scope: Unsupported value: "Global": supported values: "Cluster", "Namespaced"',
  ]),
  changed("no names", (object) => (object.spec.names = {}), [
    'metadata.name: Invalid value: "widgets.shop.example": must be spec.names.plural+"."+spec.group',
    "spec.names.plural: Required value",
    "spec.names.singular: Required value",
    "spec.names.kind: Required value",
    "spec.names.listKind: Required value",
  ]),
  changed(
    "names that are no labels",
    named({ singular: "wid get", kind: "Wid_get", listKind: "1List", shortNames: ["w", "W"], categories: ["All"] }),
    [
      `spec.names.singular: Invalid value: "wid get": ${label}`,
      `spec.names.kind: Invalid value: "Wid_get": ${mixed}`,
      `spec.names.listKind: Invalid value: "1List": ${mixed}`,
      `spec.names.shortNames[1]: Invalid value: "W": ${label}`,
      `spec.names.categories[0]: Invalid value: "All": ${label}`,
    ],
  ),
  changed("kind and listKind alike", named({ listKind: "Widget" }), [
    'spec.names.listKind: Invalid value: "Widget": kind and listKind may not be the same',
  ]),
  changed("no versions", (object) => (object.spec.versions = []), [
    "spec.versions: Invalid value: null: must have exactly one version marked as storage version",
    "status.storedVersions: Invalid value: null: must have at least one stored version",
  ]),
  changed("no storage version", versions({ name: "v1" }), [
    `spec.versions: Invalid value: ${JSON.stringify([shownVersion("v1", false)])}: must have exactly one version marked as storage version`,
    "status.storedVersions: Invalid value: null: must have at least one stored version",
  ]),
  changed("two storage versions", versions({ name: "v1", storage: true }, { name: "v2", storage: true }), [
    `spec.versions: Invalid value: ${JSON.stringify([shownVersion("v1", true), shownVersion("v2", true)])}: must have exactly one version marked as storage version`,
    'status.storedVersions: Invalid value: ["v1"]: must have the storage version v2',
  ]),
  changed("a version twice", versions({ name: "v1", storage: true }, { name: "v1" }), [
    `spec.versions: Invalid value: ${JSON.stringify([shownVersion("v1", true), shownVersion("v1", false)])}: must contain unique version names`,
  ]),
  changed("a version in capitals", versions({ name: "V1", storage: true }), [
    `spec.versions[0].name: Invalid value: "V1": ${label}`,
    `spec.version: Invalid value: "V1": ${label}`,
  ]),
  changed("no schema", (object) => delete object.spec.versions[0].schema, [
    "spec.versions[0].schema.openAPIV3Schema: Required value: schemas are required",
  ]),
  changed("a version without schema", versions({ name: "v1", storage: true }, { name: "v2", schema: undefined }), [
    "spec.versions[1].schema.openAPIV3Schema: Required value: schemas are required",
  ]),
  changed(
    "unknown fields preserved",
    (object) => (object.spec.preserveUnknownFields = true),
    [
      "spec.preserveUnknownFields: Invalid value: true: cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead",
    ],
    22,
  ),
  changed(
    "unknown fields preserved beside defaults and conversion",
    (object) => {
      object.spec.preserveUnknownFields = true;
      object.spec.versions[0].schema.openAPIV3Schema = { type: "object", properties: { a: { type: "string", default: "x" } } };
      object.spec.conversion = {
        strategy: "Webhook",
        webhook: { clientConfig: { url: "https://a.example" }, conversionReviewVersions: ["v1"] },
      };
    },
    [
      "spec.preserveUnknownFields: Invalid value: true: must be false in order to use defaults in the schema",
      'spec.conversion.strategy: Invalid value: "Webhook": must be None if spec.preserveUnknownFields is true',
      "spec.preserveUnknownFields: Invalid value: true: cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead",
    ],
    22,
  ),
  changed("a group of the community's", inGroup("apps.k8s.io"), [
    `metadata.annotations[api-approved.kubernetes.io]: Required value: ${approval}`,
  ]),
  changed("an approval that says nothing", inGroup("x.kubernetes.io", "yes"), [
    `metadata.annotations[api-approved.kubernetes.io]: Invalid value: "yes": ${approval.replace(", see", ' with either a URL or a reason starting with "unapproved", see')}`,
  ]),
  changed("an unknown conversion", converted({ strategy: "Magic" }), [
    'spec.conversion.strategy: Unsupported value: "Magic": supported values: "None", "Webhook"',
  ]),
  changed("a conversion by nobody", converted({ strategy: "Webhook" }), [
    `${client}: Required value: required when strategy is set to Webhook`,
    "spec.conversion.conversionReviewVersions: Required value",
  ]),
  changed(
    "a webhook without need",
    converted({ strategy: "None", webhook: { clientConfig: { url: "https://a.example" }, conversionReviewVersions: ["v1"] } }),
    [
      `${client}: Forbidden: should not be set when strategy is not set to Webhook`,
      "spec.conversion.conversionReviewVersions: Forbidden: should not be set when strategy is not set to Webhook",
    ],
  ),
  changed("a webhook nowhere", hook({}), [`${client}: Required value: exactly one of url or service is required`]),
  changed("a webhook's URL", hook({ url: "http://me:secret@/x?a=b#c" }), [
    `${client}.url: Invalid value: "http": 'https' is the only allowed URL scheme; ${form}`,
    `${client}.url: Invalid value: "": host must be provided; ${form}`,
    `${client}.url: Invalid value: "me:secret": user information is not permitted in the URL`,
    `${client}.url: Invalid value: "c": fragments are not permitted in the URL`,
    `${client}.url: Invalid value: "a=b": query parameters are not permitted in the URL`,
  ]),
  changed("a webhook's service", hook({ service: { name: "hook", namespace: "", path: "x/Y", port: 70000 } }), [
    `${client}.service.name: Required value: service name is required`,
    `${client}.service.port: Invalid value: 70000: port is not valid: must be between 1 and 65535, inclusive`,
    `${client}.service.path: Invalid value: "x/Y": must start with a '/'`,
    `${client}.service.path: Invalid value: "x/Y": segment[0] may not be empty`,
    `${client}.service.path: Invalid value: "x/Y": segment[1]: ${subdomain}`,
  ]),
  changed("review versions", hook({ url: "https://a.example" }, ["v2", "v2", "V"]), [
    'spec.conversion.conversionReviewVersions[1]: Invalid value: "v2": duplicate version',
    `spec.conversion.conversionReviewVersions[2]: Invalid value: "V": ${label}`,
    'spec.conversion.conversionReviewVersions: Invalid value: ["v2","v2","V"]: must include at least one of v1, v1beta1',
  ]),
];

const described = (title: string, version: object, findings: readonly string[], since?: number): DefinitionCase => ({
  title,
  definition: definition({ type: "object", properties: { spec: open, status: open } }, version),
  findings,
  ...(since && { since }),
});
const column = (more: object) => ({ additionalPrinterColumns: [{ name: "A", type: "string", jsonPath: ".spec.a", ...more }] });
const colored = {
  type: "object",
  properties: {
    metadata: { type: "object", properties: { name: { type: "string" } } },
    spec: {
      type: "object",
      properties: {
        ...Object.fromEntries([..."abcdefghi"].map((name) => [name, { type: "string" }])),
        list: { type: "array", items: { type: "string" } },
        map: { type: "object", additionalProperties: { type: "string" } },
      },
    },
  },
};
const selectable = (title: string, paths: readonly string[], findings: readonly string[]): DefinitionCase => ({
  title,
  definition: definition(colored, { selectableFields: paths.map((jsonPath) => ({ jsonPath })) }),
  findings,
  since: 30,
});
const scalar = "must point to a field of type string, boolean or integer. Enum string fields and strings with formats are allowed.";

const versionCases: readonly DefinitionCase[] = [
  described("a warning of nothing", { deprecationWarning: "old" }, [
    'spec.versions[0].deprecationWarning: Invalid value: "old": can only be set for deprecated versions',
  ]),
  described("an empty warning", { deprecated: true, deprecationWarning: "" }, [
    'spec.versions[0].deprecationWarning: Invalid value: "": must not be an empty string',
  ]),
  described("a long warning", { deprecated: true, deprecationWarning: "x".repeat(257) }, [
    `spec.versions[0].deprecationWarning: Invalid value: "${"x".repeat(257)}": must be <= 256 characters long`,
  ]),
  described("a warning in lines", { deprecated: true, deprecationWarning: "é\tb" }, [
    'spec.versions[0].deprecationWarning: Invalid value: "é\\tb": must only contain printable UTF-8 characters; non-printable character found at index 2',
  ]),
  described("a scale without paths", { subresources: { scale: { specReplicasPath: "", statusReplicasPath: "" } } }, [
    "spec.subresources.scale.specReplicasPath: Required value",
    "spec.subresources.scale.statusReplicasPath: Required value",
  ]),
  described(
    "a scale with other paths",
    { subresources: { scale: { specReplicasPath: "spec.n", statusReplicasPath: ".spec.n", labelSelectorPath: ".metadata.labels" } } },
    [
      'spec.subresources.scale.specReplicasPath: Invalid value: "spec.n": must be a simple json path starting with .',
      'spec.subresources.scale.statusReplicasPath: Invalid value: ".spec.n": should be a json path under .status',
      'spec.subresources.scale.labelSelectorPath: Invalid value: ".metadata.labels": should be a json path under either .spec or .status',
    ],
  ),
  described("a column without anything", { additionalPrinterColumns: [{ name: "", type: "", jsonPath: "" }] }, [
    "spec.additionalPrinterColumns[0].name: Required value",
    "spec.additionalPrinterColumns[0].type: Required value: must be one of boolean,date,integer,number,string",
    "spec.additionalPrinterColumns[0].JSONPath: Required value",
  ]),
  described("a column of a strange type", column({ type: "text", format: "rfc", jsonPath: "spec.a" }), [
    'spec.additionalPrinterColumns[0].type: Invalid value: "text": must be one of boolean,date,integer,number,string',
    'spec.additionalPrinterColumns[0].format: Invalid value: "rfc": must be one of byte,date,date-time,double,float,int32,int64,password',
    'spec.additionalPrinterColumns[0].JSONPath: Invalid value: "spec.a": must be a simple json path starting with .',
  ]),
  selectable(
    "selectable fields that are not there",
    ["", "spec.a", ".spec", ".spec.x", ".spec['a']", ".spec."],
    [
      "spec.selectableFields[0].jsonPath: Required value",
      'spec.selectableFields[1].jsonPath: Invalid value: "spec.a": is an invalid path: expected [ or . but got: spec',
      `spec.selectableFields[2].jsonPath: Invalid value: ".spec": ${scalar}`,
      'spec.selectableFields[3].jsonPath: Invalid value: ".spec.x": is an invalid path: does not refer to a valid field',
      `spec.selectableFields[4].jsonPath: Invalid value: ".spec['a']": is an invalid path: array notation is not allowed`,
      'spec.selectableFields[5].jsonPath: Invalid value: ".spec.": is an invalid path: unexpected end of JSON path',
    ],
  ),
  selectable(
    "selectable metadata, lists and repetitions",
    [".metadata.name", ".spec.list", ".spec.a", ".spec.a"],
    [
      'spec.selectableFields[0].jsonPath: Invalid value: ".metadata.name": must not point to fields in metadata',
      `spec.selectableFields[1].jsonPath: Invalid value: ".spec.list": ${scalar}`,
      'spec.selectableFields[3].jsonPath: Duplicate value: ".spec.a"',
    ],
  ),
  selectable(
    "nine selectable fields",
    [..."abcdefghi"].map((name) => `.spec.${name}`),
    ["spec.selectableFields: Too many: 9: must have at most 8 items"],
  ),
  changed(
    "the same selectable fields of different schemas",
    versions(
      { name: "v1", storage: true, schema: { openAPIV3Schema: colored }, selectableFields: [{ jsonPath: ".spec.a" }] },
      { name: "v2", schema: { openAPIV3Schema: { ...colored, title: "two" } }, selectableFields: [{ jsonPath: ".spec.a" }] },
    ),
    ['spec.selectableFields: Invalid value: "": selectableFields may only be set when validations.schema is included'],
    30,
  ),
];

/** Everything but schemas. */
export const definitionCases: readonly DefinitionCase[] = [...specCases, ...versionCases];
