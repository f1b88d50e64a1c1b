// nodeclaims.karpenter.sh: one node each, from the request to the end of its instance (Karpenter documentation, "NodeClaims").
import {
  amounts,
  column,
  conditions,
  definition,
  durationOrNever,
  nodeClassRef,
  object,
  requirements,
  rule,
  taints,
  text,
} from "./schema.ts";

const spec = object(
  {
    expireAfter: durationOrNever("336h"),
    nodeClassRef,
    requirements,
    resources: object({ requests: amounts }),
    startupTaints: taints,
    taints,
    terminationGracePeriod: text({ pattern: "^([0-9]+(s|m|h))+$" }),
  },
  ["nodeClassRef", "requirements"],
  [rule("self == oldSelf", "spec is immutable")],
);

const status = object({
  allocatable: amounts,
  capacity: amounts,
  conditions,
  imageID: text(),
  lastPodEventTime: text({ format: "date-time" }),
  nodeName: text(),
  providerID: text(),
});

const label = (key: string) => `.metadata.labels.${key.replaceAll(".", "\\.")}`;
const condition = (type: string) => `.status.conditions[?(@.type=="${type}")].status`;

/** The definition. */
export const nodeClaimDefinition = definition("karpenter.sh", "v1", { plural: "nodeclaims", kind: "NodeClaim" }, { spec, status }, [
  column("Type", "string", label("node.kubernetes.io/instance-type")),
  column("Capacity", "string", label("karpenter.sh/capacity-type")),
  column("Zone", "string", label("topology.kubernetes.io/zone")),
  column("Node", "string", ".status.nodeName"),
  column("Ready", "string", condition("Ready")),
  column("Age", "date", ".metadata.creationTimestamp"),
  column("ImageID", "string", ".status.imageID", true),
  column("ID", "string", ".status.providerID", true),
  column("NodePool", "string", label("karpenter.sh/nodepool"), true),
  column("NodeClass", "string", ".spec.nodeClassRef.name", true),
  column("Drifted", "string", condition("Drifted"), true),
]);
