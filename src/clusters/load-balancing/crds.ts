// ingressclassparams.eks.amazonaws.com and targetgroupbindings.eks.amazonaws.com (EKS User Guide, "Create an IngressClass to configure
// an Application Load Balancer"; spec eks-control-plane §16.7).
import type { NewObject } from "../../kubernetes/api/object.ts";
import { column, definition, list, map, object, oneOf, rule, type Schema, text, whole } from "../auto-mode/crds/schema.ts";

const pair = object({ key: text(), value: text() }, ["key", "value"]);
const attributes = list(pair);

const selector = object({
  matchLabels: map(text()),
  matchExpressions: list(object({ key: text(), operator: text(), values: list(text()) }, ["key", "operator"])),
});

const subnets = object(
  {
    ids: list(text({ pattern: "subnet-[0-9a-f]+" }), { minItems: 1 }),
    matchTags: list(object({ key: text(), values: list(text(), { minItems: 1 }) }, ["key", "values"]), { minItems: 1 }),
  },
  [],
  [rule("has(self.ids) != has(self.matchTags)", "exactly one of ids and matchTags must be given")],
);

const params: Schema = object({
  namespaceSelector: selector,
  group: object({ name: text({ minLength: 1, maxLength: 63 }) }, ["name"]),
  scheme: oneOf("internal", "internet-facing"),
  ipAddressType: oneOf("ipv4", "dualstack", "dualstack-without-public-ipv4"),
  certificateARNs: list(text()),
  subnets,
  tags: attributes,
  loadBalancerAttributes: attributes,
  listeners: list(
    object({ protocol: oneOf("HTTP", "HTTPS"), port: whole(1, 65_535), listenerAttributes: attributes }, ["port", "protocol"]),
  ),
});

const binding: Schema = object(
  {
    targetGroupARN: text({ minLength: 1 }),
    targetType: oneOf("instance", "ip"),
    ipAddressType: oneOf("ipv4", "ipv6"),
    vpcID: text({ pattern: "^vpc-[0-9a-f]+$" }),
    serviceRef: object({ name: text(), port: { "x-kubernetes-int-or-string": true, anyOf: [{ type: "integer" }, { type: "string" }] } }, [
      "name",
      "port",
    ]),
    nodeSelector: selector,
  },
  ["serviceRef", "targetGroupARN", "targetType"],
  [
    rule(
      "self.targetGroupARN == oldSelf.targetGroupARN && self.targetType == oldSelf.targetType",
      "targetGroupARN and targetType are immutable",
    ),
  ],
);

const status = object({ observedGeneration: whole(0) });

/** The definitions. */
export const loadBalancingDefinitions: readonly NewObject[] = [
  definition("eks.amazonaws.com", "v1", { plural: "ingressclassparams", kind: "IngressClassParams" }, { spec: params, status }, [
    column("GROUP-NAME", "string", ".spec.group.name"),
    column("SCHEME", "string", ".spec.scheme"),
    column("IP-ADDRESS-TYPE", "string", ".spec.ipAddressType"),
    column("AGE", "date", ".metadata.creationTimestamp"),
  ]),
  namespaced(
    definition("eks.amazonaws.com", "v1", { plural: "targetgroupbindings", kind: "TargetGroupBinding" }, { spec: binding, status }, [
      column("SERVICE-NAME", "string", ".spec.serviceRef.name"),
      column("SERVICE-PORT", "string", ".spec.serviceRef.port"),
      column("TARGET-TYPE", "string", ".spec.targetType"),
      column("ARN", "string", ".spec.targetGroupARN", true),
      column("AGE", "date", ".metadata.creationTimestamp"),
    ]),
  ),
];

function namespaced(made: NewObject): NewObject {
  return { ...made, spec: { ...made.spec, scope: "Namespaced" } };
}
