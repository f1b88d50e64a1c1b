// What EKS puts into a cluster with Auto Mode: definitions, the built-in node pools and their node class (spec eks-control-plane §16.2).
import type { NewObject } from "../../kubernetes/api/object.ts";
import { loadBalancingDefinitions } from "../load-balancing/crds.ts";
import { nodeClaimDefinition } from "./crds/node-claim.ts";
import { nodeClassDefinition } from "./crds/node-class.ts";
import { nodePoolDefinition } from "./crds/node-pool.ts";

export const NODE_POOLS = "nodepools.karpenter.sh";
export const NODE_CLAIMS = "nodeclaims.karpenter.sh";
export const NODE_CLASSES = "nodeclasses.eks.amazonaws.com";

/** Name of the node class behind the built-in pools. */
export const DEFAULT_CLASS = "default";

/** Definitions of Auto Mode's compute and load balancing. */
export const definitions: readonly NewObject[] = [
  nodePoolDefinition,
  nodeClaimDefinition,
  nodeClassDefinition,
  ...loadBalancingDefinitions,
];

/** The CSI driver of Auto Mode, built into its nodes. */
export const DRIVER = "ebs.csi.eks.amazonaws.com";

/** The driver as the API shows it. */
export const csiDriver: NewObject = {
  apiVersion: "storage.k8s.io/v1",
  kind: "CSIDriver",
  metadata: { name: DRIVER, labels: { "app.kubernetes.io/managed-by": "eks" } },
  spec: { attachRequired: true, podInfoOnMount: false, fsGroupPolicy: "ReadWriteOnceWithFSType", volumeLifecycleModes: ["Persistent"] },
};

const managed = { "app.kubernetes.io/managed-by": "eks" };

const POOLS: Readonly<Record<string, { readonly arch: readonly string[]; readonly taints?: readonly object[] }>> = {
  "general-purpose": { arch: ["amd64"] },
  system: { arch: ["amd64", "arm64"], taints: [{ key: "CriticalAddonsOnly", effect: "NoSchedule" }] },
};

/** Names of the pools that EKS can make. */
export const builtInPools: readonly string[] = Object.keys(POOLS);

/** A built-in node pool. */
export function builtInPool(name: string): NewObject {
  const { arch, taints } = POOLS[name]!;
  const requirement = (key: string, operator: string, ...values: string[]) => ({ key, operator, values });
  return {
    apiVersion: "karpenter.sh/v1",
    kind: "NodePool",
    metadata: { name, labels: managed },
    spec: {
      disruption: { budgets: [{ nodes: "10%" }], consolidateAfter: "30s", consolidationPolicy: "WhenEmptyOrUnderutilized" },
      template: {
        metadata: {},
        spec: {
          expireAfter: "336h",
          nodeClassRef: { group: "eks.amazonaws.com", kind: "NodeClass", name: DEFAULT_CLASS },
          requirements: [
            requirement("karpenter.sh/capacity-type", "In", "on-demand"),
            requirement("eks.amazonaws.com/instance-category", "In", "c", "m", "r"),
            requirement("eks.amazonaws.com/instance-generation", "Gt", "4"),
            requirement("kubernetes.io/arch", "In", ...arch),
          ],
          ...(taints ? { taints } : {}),
          terminationGracePeriod: "24h0m0s",
        },
      },
    },
  };
}

/** The built-in node class: the cluster's node role, its subnets and its security group. */
export function builtInClass(roleName: string, subnetIds: readonly string[], securityGroupId: string): NewObject {
  return {
    apiVersion: "eks.amazonaws.com/v1",
    kind: "NodeClass",
    metadata: { name: DEFAULT_CLASS, labels: managed },
    spec: {
      ephemeralStorage: { iops: 3000, size: "80Gi", throughput: 125 },
      networkPolicy: "DefaultAllow",
      networkPolicyEventLogs: "Disabled",
      role: roleName,
      securityGroupSelectorTerms: [{ id: securityGroupId }],
      snatPolicy: "Random",
      subnetSelectorTerms: [...subnetIds].sort().map((id) => ({ id })),
    },
  };
}
