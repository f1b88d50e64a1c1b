// JSON schemas of configuration values per add-on version (spec addons §4.1).
import data from "./data/schemas.json" with { type: "json" };
import { atLeast } from "./versions.ts";

/** A JSON schema. */
export type Schema = Readonly<Record<string, unknown>>;

interface Row {
  readonly name: string;
  readonly schema: Schema;
}

const DRAFT = "http://json-schema.org/draft-06/schema#";
const byName = new Map((data as unknown as readonly Row[]).map(({ name, schema }) => [name, schema]));

const text = { type: "string" };
const textMap = { type: "object", additionalProperties: text };
const flag = { type: "string", format: "boolean" };
const integer = { type: "integer" };
const amounts = { type: "object", additionalProperties: false, properties: { cpu: text, memory: text } };
const object = (properties: object, more: object = {}) => ({ type: "object", additionalProperties: false, properties, ...more });

/** What pods of any workload take. */
const POD = {
  affinity: { type: ["object", "null"] },
  nodeSelector: textMap,
  podAnnotations: textMap,
  podLabels: textMap,
  resources: object({ limits: amounts, requests: amounts }),
  tolerations: { type: "array", items: { type: "object" } },
};

/** Settings of add-ons whose own schema is not public: what holds for every workload they have. */
const general = object({ ...POD, replicaCount: { ...integer, minimum: 0 } });
/** CSI drivers follow the value trees of their charts. */
const driver = object({
  controller: object({ ...POD, replicaCount: { ...integer, minimum: 0 } }),
  node: object(POD),
});
const ebsDriver = object({
  ...driver.properties,
  defaultStorageClass: object({ enabled: { type: "boolean" } }, { required: ["enabled"] }),
});
const podIdentityAgent = object({
  ...POD,
  agent: object({ additionalArgs: textMap }),
  daemonsets: object({
    hybrid: object({ create: { type: "boolean" } }, { required: ["create"] }),
    "hybrid-bottlerocket": object({ create: { type: "boolean" } }, { required: ["create"] }),
  }),
});

const EXTRA: Readonly<Record<string, Schema>> = {
  "aws-ebs-csi-driver": ebsDriver,
  "aws-efs-csi-driver": driver,
  "aws-fsx-csi-driver": driver,
  "aws-mountpoint-s3-csi-driver": driver,
  "eks-pod-identity-agent": podIdentityAgent,
};

/** The schema configuration values of a version must satisfy. */
export function configurationSchema(addonName: string, version: string): Schema {
  if (addonName === "vpc-cni" && atLeast(version, "v1.18.0")) return laterVpcCni();
  if (addonName === "coredns" && !hasAutoscaling(version)) return without(byName.get("coredns")!, "Coredns", "autoScaling");
  return byName.get(addonName) ?? { $schema: DRAFT, ...(EXTRA[addonName] ?? general) };
}

/** CoreDNS scales itself from v1.10.1-eksbuild.11, v1.11.1-eksbuild.9 and every newer line on (EKS User Guide, Scale CoreDNS Pods). */
const hasAutoscaling = (version: string) =>
  version.startsWith("v1.10.")
    ? atLeast(version, "v1.10.1-eksbuild.11")
    : version.startsWith("v1.11.1-")
      ? atLeast(version, "v1.11.1-eksbuild.8")
      : atLeast(version, "v1.9.3-eksbuild.15");

type Definitions = Record<string, { properties: Record<string, unknown> }>;

function amended(schema: Schema, amend: (definitions: Definitions) => void): Schema {
  const copy = structuredClone(schema);
  amend(copy.definitions as Definitions);
  return copy;
}

const without = (schema: Schema, definition: string, property: string) =>
  amended(schema, (definitions) => delete definitions[definition]!.properties[property]);

/** Settings that the public chart has since v1.18. */
const laterVpcCni = () =>
  amended(byName.get("vpc-cni")!, ({ Env, NodeAgent, VpcCni }) => {
    const flags = ["ENABLE_SUBNET_DISCOVERY", "ENABLE_IMDS_ONLY_MODE", "ENABLE_MULTI_NIC"];
    Object.assign(Env!.properties, Object.fromEntries(flags.map((name) => [name, flag])), { NETWORK_POLICY_ENFORCING_MODE: text });
    Object.assign(NodeAgent!.properties, {
      conntrackCacheCleanupPeriod: integer,
      conntrackCacheTableSize: integer,
      logLevel: text,
      networkPolicyAgentLogFileLocation: text,
      resources: { $ref: "#/definitions/Resources" },
    });
    const numbers = ["warmWindowsPrefixTarget", "warmWindowsIPTarget", "minimumWindowsIPTarget", "branchENICooldown"];
    Object.assign(VpcCni!.properties, Object.fromEntries(numbers.map((name) => [name, integer])), {
      enableWindowsPrefixDelegation: flag,
      nodeSelector: textMap,
      podAnnotations: textMap,
      podLabels: textMap,
    });
  });
