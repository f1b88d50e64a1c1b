// The words in which configuration values are refused.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { AwsError } from "../../../aws/errors.ts";
import { checkConfiguration } from "./configuration.ts";
import { schemaErrors } from "./schema-errors.ts";
import { configurationSchema } from "./schemas.ts";

const CNI = "v1.21.1-eksbuild.3";
const DNS = "v1.12.1-eksbuild.2";

const cases: [addon: string, version: string, document: unknown, errors: string[]][] = [
  ["vpc-cni", CNI, { env: { ENABLE_PREFIX_DELEGATION: "true", ENABLE_SUBNET_DISCOVERY: "false" }, enableNetworkPolicy: "true" }, []],
  ["vpc-cni", CNI, { env: { FOO: "1" } }, ["$.env.FOO: is not defined in the schema and the schema does not allow additional properties"]],
  ["vpc-cni", CNI, { enableNetworkPolicy: true }, ["$.enableNetworkPolicy: boolean found, string expected"]],
  [
    "vpc-cni",
    CNI,
    { eniConfig: { create: true, subnets: { a: { id: "subnet-1" } } } },
    ["$.eniConfig.region: is missing but it is required"],
  ],
  [
    "vpc-cni",
    CNI,
    { eniConfig: { create: true, region: "r", subnets: {} } },
    ["$.eniConfig.subnets: should have a minimum of 1 properties"],
  ],
  ["vpc-cni", CNI, { tolerations: ["x"] }, ["$.tolerations[0]: string found, object expected"]],
  ["vpc-cni", CNI, { affinity: 3 }, ["$.affinity: integer found, [object, null] expected"]],
  ["vpc-cni", CNI, { affinity: null }, []],
  [
    "vpc-cni",
    "v1.15.5-eksbuild.1",
    { podLabels: {} },
    ["$.podLabels: is not defined in the schema and the schema does not allow additional properties"],
  ],
  ["coredns", DNS, null, ["$: null found, object expected"]],
  ["coredns", DNS, [], ["$: array found, object expected"]],
  [
    "coredns",
    DNS,
    { replicaCount: "2", corefile: 1 },
    ["$.corefile: integer found, string expected", "$.replicaCount: string found, integer expected"],
  ],
  ["coredns", DNS, { replicaCount: 1.5 }, ["$.replicaCount: number found, integer expected"]],
  ["coredns", DNS, { autoScaling: { enabled: true, minReplicas: 1 } }, ["$.autoScaling.minReplicas: must have a minimum value of 2"]],
  ["coredns", DNS, { podDisruptionBudget: { maxUnavailable: "30%" } }, []],
  [
    "coredns",
    DNS,
    { podDisruptionBudget: { maxUnavailable: "30" } },
    ["$.podDisruptionBudget.maxUnavailable: should be valid to any of the schemas"],
  ],
  [
    "coredns",
    "v1.10.1-eksbuild.2",
    { autoScaling: { enabled: true } },
    ["$.autoScaling: is not defined in the schema and the schema does not allow additional properties"],
  ],
  ["kube-proxy", "v1.34.0-eksbuild.1", { mode: "nftables" }, ["$.mode: does not have a value in the enumeration [iptables, ipvs]"]],
  [
    "eks-node-monitoring-agent",
    "v1.7.0-eksbuild.1",
    { nodeAgent: { monitors: { networking: { allowedIPTablesChains: ["filter"] } } } },
    ["$.nodeAgent.monitors.networking.allowedIPTablesChains[0]: does not match the regex pattern ^[^/]+/[^/]+$"],
  ],
  ["metrics-server", "v0.8.0-eksbuild.2", { replicaCount: 3, nodeSelector: { a: "b" } }, []],
  [
    "metrics-server",
    "v0.8.0-eksbuild.2",
    { args: [] },
    ["$.args: is not defined in the schema and the schema does not allow additional properties"],
  ],
];

for (const [addon, version, document, errors] of cases) {
  test(`${addon} ${version}: ${JSON.stringify(document)}`, () => {
    assert.deepEqual(schemaErrors(configurationSchema(addon, version), document), errors);
  });
}

const check = (values: string | undefined, addon = "coredns", version = DNS) =>
  checkConfiguration(values, addon, version, { addonName: addon });

test("JSON and YAML are taken; empty text is none", () => {
  check(undefined);
  check("");
  check("{}");
  check('  {"replicaCount": 2}\n');
  check("replicaCount: 2\ntolerations:\n  - operator: Exists\n");
});

test("text that does not parse is refused with the parser's words", () => {
  for (const values of ["{", "a: [", "a: b: c", "\u0000"]) {
    assert.throws(
      () => check(values),
      (error: AwsError) =>
        error.code === "InvalidParameterException" && error.message.startsWith("ConfigurationValue provided in request is not supported: "),
      values,
    );
  }
});

test("no text makes anything but a modelled error", () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json()), (values) => {
      try {
        check(values);
      } catch (error) {
        assert.ok(error instanceof AwsError && error.code === "InvalidParameterException", String(error));
      }
    }),
    { numRuns: 200 },
  );
});
