// The resource types of the VPC resource controller, which EKS puts into every cluster (spec vpc-cni §6.1).
import type { NewObject } from "../../kubernetes/api/object.ts";

const GROUP = "vpcresources.k8s.aws";
const STRING = { type: "string" };

interface Definition {
  readonly plural: string;
  readonly kind: string;
  readonly shortName: string;
  readonly version: string;
  readonly scope: "Cluster" | "Namespaced";
  readonly column: { readonly name: string; readonly description: string; readonly jsonPath: string };
  readonly spec: object;
}

/** metav1.LabelSelector. */
const LABEL_SELECTOR = {
  type: "object",
  properties: {
    matchLabels: { type: "object", additionalProperties: STRING },
    matchExpressions: {
      type: "array",
      items: {
        type: "object",
        required: ["key", "operator"],
        properties: { key: STRING, operator: STRING, values: { type: "array", items: STRING } },
      },
    },
  },
};

const SECURITY_GROUP_POLICY: Definition = {
  ...{ plural: "securitygrouppolicies", kind: "SecurityGroupPolicy", shortName: "sgp", version: "v1beta1", scope: "Namespaced" },
  column: { name: "Security-Group-Ids", description: "Security groups of the pods that match", jsonPath: ".spec.securityGroups.groupIds" },
  spec: {
    type: "object",
    properties: {
      podSelector: LABEL_SELECTOR,
      serviceAccountSelector: LABEL_SELECTOR,
      securityGroups: { type: "object", properties: { groupIds: { type: "array", items: STRING, minItems: 1 } } },
    },
  },
};

const CNI_NODE: Definition = {
  ...{ plural: "cninodes", kind: "CNINode", shortName: "cnd", version: "v1alpha1", scope: "Cluster" },
  column: { name: "Features", description: "Features the CNI asks for", jsonPath: ".spec.features" },
  spec: {
    type: "object",
    properties: {
      features: {
        type: "array",
        items: {
          type: "object",
          properties: { name: { type: "string", enum: ["SecurityGroupsForPods", "CustomNetworking"] }, value: STRING },
        },
      },
      tags: { type: "object", additionalProperties: STRING },
    },
  },
};

/** The definitions. */
export const vpcResourceCrds = (): NewObject[] => [SECURITY_GROUP_POLICY, CNI_NODE].map(definition);

function definition({ plural, kind, shortName, version, scope, column, spec }: Definition): NewObject {
  const properties = { apiVersion: STRING, kind: STRING, metadata: { type: "object" }, spec, status: { type: "object" } };
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: `${plural}.${GROUP}` },
    spec: {
      group: GROUP,
      scope,
      names: { plural, kind, singular: kind.toLowerCase(), listKind: `${kind}List`, shortNames: [shortName] },
      versions: [
        {
          ...{ name: version, served: true, storage: true, subresources: { status: {} } },
          schema: { openAPIV3Schema: { type: "object", properties } },
          additionalPrinterColumns: [{ ...column, type: "string" }],
        },
      ],
    },
  };
}
