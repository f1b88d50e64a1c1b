// nodepools.karpenter.sh: which nodes may be made, and when they may go (Karpenter documentation, "NodePools").
import {
  amounts,
  column,
  conditions,
  definition,
  durationOrNever,
  list,
  map,
  nodeClassRef,
  object,
  oneOf,
  requirements,
  rule,
  taints,
  text,
  whole,
} from "./schema.ts";

const budget = object(
  {
    nodes: text({ default: "10%", pattern: "^((100|[0-9]{1,2})%|[0-9]+)$" }),
    schedule: text({ pattern: "^(@(annually|yearly|monthly|weekly|daily|midnight|hourly))|((.+)\\s(.+)\\s(.+)\\s(.+)\\s(.+))$" }),
    duration: text({ pattern: "^((([0-9]+(h|m))|([0-9]+h[0-9]+m))(0s)?)$" }),
    reasons: list(oneOf("Underutilized", "Empty", "Drifted"), { maxItems: 50 }),
  },
  ["nodes"],
);

const disruption = {
  ...object(
    {
      consolidateAfter: durationOrNever("0s"),
      consolidationPolicy: { ...oneOf("WhenEmpty", "WhenEmptyOrUnderutilized"), default: "WhenEmptyOrUnderutilized" },
      budgets: list(budget, {
        default: [{ nodes: "10%" }],
        maxItems: 50,
        "x-kubernetes-validations": [rule("self.all(x, has(x.schedule) == has(x.duration))", "'schedule' must be set with 'duration'")],
      }),
    },
    ["consolidateAfter"],
  ),
  default: { consolidateAfter: "0s" },
};

/** Labels that pools cannot set themselves. */
const labels = map(text({ maxLength: 63, pattern: "^([a-zA-Z0-9]([-_.a-zA-Z0-9]*[a-zA-Z0-9])?)?$" }), {
  maxProperties: 100,
  "x-kubernetes-validations": [
    rule(`self.all(x, x != "karpenter.sh/nodepool")`, `label "karpenter.sh/nodepool" is restricted`),
    rule(`self.all(x, x != "kubernetes.io/hostname")`, `label "kubernetes.io/hostname" is restricted`),
    rule(`self.all(x, x != "eks.amazonaws.com/nodeclass")`, `label "eks.amazonaws.com/nodeclass" is restricted`),
  ],
});

const template = object(
  {
    metadata: object({ labels, annotations: map(text()) }),
    spec: object(
      {
        expireAfter: durationOrNever("336h"),
        nodeClassRef,
        requirements,
        startupTaints: taints,
        taints,
        terminationGracePeriod: text({ pattern: "^([0-9]+(s|m|h))+$" }),
      },
      ["nodeClassRef", "requirements"],
    ),
  },
  ["spec"],
);

const spec = object(
  { disruption, limits: amounts, replicas: whole(0), template, weight: { type: "integer", format: "int32", minimum: 1, maximum: 100 } },
  ["template"],
  [
    rule(
      "has(self.replicas) == has(oldSelf.replicas)",
      "Cannot transition NodePool between static (replicas set) and dynamic (replicas unset) provisioning modes",
    ),
    rule(
      "!has(self.replicas) || !has(self.limits) || self.limits.all(k, k == 'nodes')",
      "only 'limits.nodes' is supported on static NodePools",
    ),
    rule("!has(self.replicas) || !has(self.weight)", "'weight' is not supported on static NodePools"),
  ],
);

const ready = `.status.conditions[?(@.type=="Ready")].status`;

/** The definition. */
export const nodePoolDefinition = definition(
  "karpenter.sh",
  "v1",
  { plural: "nodepools", kind: "NodePool" },
  { spec, status: object({ conditions, nodes: whole(0), resources: amounts, nodeClassObservedGeneration: whole(0) }) },
  [
    column("NodeClass", "string", ".spec.template.spec.nodeClassRef.name"),
    column("Nodes", "string", ".status.resources.nodes"),
    column("Ready", "string", ready),
    column("Age", "date", ".metadata.creationTimestamp"),
    column("Weight", "integer", ".spec.weight", true),
    column("CPU", "string", ".status.resources.cpu", true),
    column("Memory", "string", ".status.resources.memory", true),
  ],
  { specReplicasPath: ".spec.replicas", statusReplicasPath: ".status.nodes" },
);
