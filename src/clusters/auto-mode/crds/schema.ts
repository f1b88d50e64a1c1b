// Words for writing structural schemas, and the shape all definitions of Auto Mode share.
import type { NewObject } from "../../../kubernetes/api/object.ts";

/** A structural schema. */
export type Schema = Readonly<Record<string, unknown>>;

/** A validation rule in CEL with the text shown when it fails. */
export const rule = (expression: string, message: string) => ({ rule: expression, message });

export const text = (more: object = {}): Schema => ({ type: "string", ...more });
export const whole = (minimum: number, maximum?: number, more: object = {}): Schema => ({
  type: "integer",
  format: "int64",
  minimum,
  ...(maximum === undefined ? {} : { maximum }),
  ...more,
});
export const flag = (more: object = {}): Schema => ({ type: "boolean", ...more });
export const oneOf = (...values: string[]): Schema => ({ type: "string", enum: values });
export const list = (items: Schema, more: object = {}): Schema => ({ type: "array", items, ...more });
export const map = (values: Schema, more: object = {}): Schema => ({ type: "object", additionalProperties: values, ...more });
export const object = (
  properties: Readonly<Record<string, Schema>>,
  required: readonly string[] = [],
  rules: readonly object[] = [],
): Schema => ({
  type: "object",
  properties,
  ...(required.length > 0 ? { required } : {}),
  ...(rules.length > 0 ? { "x-kubernetes-validations": rules } : {}),
});

/** A resource quantity. */
export const quantity: Schema = {
  anyOf: [{ type: "integer" }, { type: "string" }],
  "x-kubernetes-int-or-string": true,
  pattern: "^(\\+|-)?(([0-9]+(\\.[0-9]*)?)|(\\.[0-9]+))(([KMGTPE]i)|[numkMGTPE]|([eE](\\+|-)?(([0-9]+(\\.[0-9]*)?)|(\\.[0-9]+))))?$",
};

/** Amounts by resource name. */
export const amounts = map(quantity);

/** A Go duration in whole units, or Never. */
export const durationOrNever = (initial?: string) =>
  text({ pattern: "^(([0-9]+(s|m|h))+|Never)$", ...(initial === undefined ? {} : { default: initial }) });

const condition = object(
  {
    type: text({ maxLength: 316 }),
    status: oneOf("True", "False", "Unknown"),
    reason: text({ maxLength: 1024 }),
    message: text({ maxLength: 32_768 }),
    lastTransitionTime: text({ format: "date-time" }),
    observedGeneration: whole(0),
  },
  ["lastTransitionTime", "message", "reason", "status", "type"],
);

export const conditions = list(condition, { "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["type"] });

export const taints = list(
  object(
    {
      key: text({ minLength: 1, maxLength: 316, pattern: "^([a-zA-Z0-9](-?[a-zA-Z0-9.])*/)?[a-zA-Z0-9]([-_.a-zA-Z0-9]*[a-zA-Z0-9])?$" }),
      value: text({ maxLength: 63, pattern: "^([a-zA-Z0-9]([-_.a-zA-Z0-9]*[a-zA-Z0-9])?)?$" }),
      effect: oneOf("NoSchedule", "PreferNoSchedule", "NoExecute"),
      timeAdded: text({ format: "date-time" }),
    },
    ["effect", "key"],
  ),
);

/** Selector requirements over labels of instances (Karpenter documentation, "NodePools", spec.template.spec.requirements). */
export const requirements = list(
  object(
    {
      key: text({ maxLength: 316, pattern: "^([a-zA-Z0-9](-?[a-zA-Z0-9.])*/)?[a-zA-Z0-9]([-_.a-zA-Z0-9]*[a-zA-Z0-9])?$" }),
      operator: oneOf("In", "NotIn", "Exists", "DoesNotExist", "Gt", "Lt"),
      values: list(text({ maxLength: 63 }), { maxItems: 1000, "x-kubernetes-list-type": "atomic" }),
      minValues: whole(1, 50),
    },
    ["key", "operator"],
  ),
  {
    maxItems: 100,
    "x-kubernetes-validations": [
      rule(
        "self.all(x, x.operator != 'In' || (has(x.values) && x.values.size() != 0))",
        "requirements with operator 'In' must have a value defined",
      ),
      rule(
        "self.all(x, !(x.operator in ['Gt', 'Lt']) || (has(x.values) && x.values.size() == 1 && x.values[0].matches('^[0-9]+$')))",
        "requirements operator 'Gt' or 'Lt' must have a single positive integer value",
      ),
      rule(
        "self.all(x, !(x.operator == 'In' && has(x.minValues)) || (has(x.values) && x.values.size() >= x.minValues))",
        "requirements with 'minValues' must have at least that many values specified in the 'values' field",
      ),
    ],
  },
);

/** The class a pool's or claim's nodes are made from. */
export const nodeClassRef = object(
  { group: text({ minLength: 1 }), kind: text({ minLength: 1 }), name: text({ minLength: 1 }) },
  ["group", "kind", "name"],
  [rule("self.group == 'eks.amazonaws.com' && self.kind == 'NodeClass'", "nodeClassRef must name a NodeClass of eks.amazonaws.com")],
);

/** A column of `kubectl get`. */
export const column = (name: string, type: string, jsonPath: string, wide = false) => ({
  ...{ name, type, jsonPath },
  ...(wide ? { priority: 1 } : {}),
});

/** A cluster-scoped definition with one version and a status subresource. */
export function definition(
  group: string,
  version: string,
  names: { readonly plural: string; readonly kind: string; readonly shortNames?: readonly string[] },
  schema: { readonly spec: Schema; readonly status: Schema },
  columns: readonly object[],
  scale?: object,
): NewObject {
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: `${names.plural}.${group}`, labels: { "app.kubernetes.io/managed-by": "eks" } },
    spec: {
      group,
      scope: "Cluster",
      names: {
        ...names,
        singular: names.kind.toLowerCase(),
        listKind: `${names.kind}List`,
        categories: group === "karpenter.sh" ? ["karpenter"] : [],
      },
      versions: [
        {
          name: version,
          served: true,
          storage: true,
          schema: { openAPIV3Schema: { type: "object", properties: schema, required: ["spec"] } },
          subresources: { status: {}, ...(scale ? { scale } : {}) },
          additionalPrinterColumns: columns,
        },
      ],
    },
  };
}
