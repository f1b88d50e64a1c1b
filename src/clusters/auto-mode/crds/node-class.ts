// nodeclasses.eks.amazonaws.com: where and as whom nodes run (EKS User Guide, "Create a Node Class"; spec eks-control-plane §16.5).
import type { Schema } from "./schema.ts";
import { column, conditions, definition, flag, list, map, object, oneOf, rule, text, whole } from "./schema.ts";

const PARTS = { maxItems: 30 };

const tags = map(text(), {
  maxProperties: 20,
  "x-kubernetes-validations": [rule("self.all(k, k != '' && self[k] != '')", "empty tag keys or values aren't supported")],
});

/** Terms that select resources by tags or by one of their names; the names exclude everything else. */
function terms(what: string, names: Readonly<Record<string, Schema>>): Schema {
  const keys = Object.keys(names);
  const any = ["tags", ...keys].map((key) => `has(x.${key})`).join(" || ");
  const others = (key: string) => ["tags", ...keys].filter((each) => each !== key).map((each) => `has(x.${each})`);
  return list(object({ tags, ...names }), {
    ...PARTS,
    "x-kubernetes-validations": [
      rule("self.size() != 0", `${what} cannot be empty`),
      rule(`self.all(x, ${any})`, `expected at least one, got none, ['tags', ${keys.map((key) => `'${key}'`).join(", ")}]`),
      ...keys.map((key) =>
        rule(
          `!self.exists(x, has(x.${key}) && (${others(key).join(" || ")}))`,
          `'${key}' is mutually exclusive, cannot be set with a combination of other fields in a ${what} term`,
        ),
      ),
    ],
  });
}

const subnets = (what: string) => terms(what, { id: text({ pattern: "^subnet-[0-9a-z]+$" }) });
const groups = (what: string) => terms(what, { id: text({ pattern: "^sg-[0-9a-z]+$" }), name: text() });

/** Units and their greatest amounts. */
const SIZE =
  "^(([1-9][0-9]{0,3}|[1-4][0-9]{4}|5[0-8][0-9]{3}|59000)Gi|([1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-3][0-9]{3}|64000)G|([1-9]|[1-4][0-9]|5[0-8])Ti|([1-9]|[1-5][0-9]|6[0-4])T)$";

const ephemeralStorage = {
  ...object({
    size: text({ pattern: SIZE, default: "80Gi" }),
    iops: whole(3000, 16_000, { default: 3000 }),
    throughput: whole(125, 1000, { default: 125 }),
    kmsKeyID: text({
      pattern: "^(arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:(key|alias)/.+|alias/.+|[0-9a-f]{8}-[0-9a-f-]{27}|mrk-[0-9a-f]+)$",
    }),
  }),
  default: {},
};

/** Keys of tags that belong to EKS and to Kubernetes' own controllers. */
const RESERVED = [
  "karpenter.sh/provisioner-name",
  "karpenter.sh/nodepool",
  "karpenter.sh/nodeclaim",
  "karpenter.sh/managed-by",
  "eks.amazonaws.com/nodeclass",
];

const own = (key: string) => rule(`self.all(k, k != '${key}')`, `tag contains a restricted tag matching ${key}`);

const spec = object(
  {
    role: text({ minLength: 1 }),
    instanceProfile: text({ minLength: 1 }),
    subnetSelectorTerms: subnets("subnetSelectorTerms"),
    securityGroupSelectorTerms: groups("securityGroupSelectorTerms"),
    podSubnetSelectorTerms: subnets("podSubnetSelectorTerms"),
    podSecurityGroupSelectorTerms: groups("podSecurityGroupSelectorTerms"),
    capacityReservationSelectorTerms: list(
      object({ id: text({ pattern: "^cr-[0-9a-z]+$" }), tags, ownerID: text({ pattern: "^[0-9]{12}$" }) }),
      PARTS,
    ),
    snatPolicy: { ...oneOf("Random", "Disabled"), default: "Random" },
    networkPolicy: { ...oneOf("DefaultAllow", "DefaultDeny"), default: "DefaultAllow" },
    networkPolicyEventLogs: { ...oneOf("Enabled", "Disabled"), default: "Disabled" },
    ephemeralStorage,
    advancedNetworking: object({
      associatePublicIPAddress: flag(),
      httpsProxy: text({ maxLength: 255, pattern: "^https?://.+$" }),
      noProxy: list(text({ maxLength: 255 }), { maxItems: 50 }),
    }),
    advancedSecurity: object({ fips: flag(), kernelLockdown: oneOf("integrity", "none") }),
    certificateBundles: list(object({ name: text({ minLength: 1, maxLength: 255 }), data: text({ format: "byte" }) }, ["name", "data"])),
    tags: map(text(), {
      "x-kubernetes-validations": [
        rule("self.all(k, k != '')", "empty tag keys aren't supported"),
        rule("self.all(k, !k.startsWith('kubernetes.io/cluster/'))", "tag contains a restricted tag matching kubernetes.io/cluster/"),
        ...RESERVED.map(own),
      ],
    }),
  },
  ["subnetSelectorTerms", "securityGroupSelectorTerms"],
  [
    rule("has(self.role) != has(self.instanceProfile)", "must specify exactly one of ['role', 'instanceProfile']"),
    rule(
      "has(self.podSubnetSelectorTerms) == has(self.podSecurityGroupSelectorTerms)",
      "podSubnetSelectorTerms and podSecurityGroupSelectorTerms must be specified together",
    ),
  ],
);

const status = object({
  conditions,
  instanceProfile: text(),
  subnets: list(object({ id: text(), zone: text(), zoneID: text() })),
  securityGroups: list(object({ id: text(), name: text() })),
});

/** The definition. */
export const nodeClassDefinition = definition("eks.amazonaws.com", "v1", { plural: "nodeclasses", kind: "NodeClass" }, { spec, status }, [
  column("Role", "string", ".spec.role"),
  column("Ready", "string", `.status.conditions[?(@.type=="Ready")].status`),
  column("Age", "date", ".metadata.creationTimestamp"),
]);
