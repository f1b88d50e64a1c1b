// What NodePools and NodeClasses may say: limits of EKS Auto Mode as the API server enforces them.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import {
  builtInClass,
  builtInPool,
  builtInPools,
  definitions,
  NODE_CLAIMS,
  NODE_CLASSES,
  NODE_POOLS,
} from "../../src/clusters/auto-mode/built-in.ts";
import { StatusError } from "../../src/kubernetes/api/object.ts";
import { startServer, type TestServer } from "../kubernetes/server-support.ts";

let api: TestServer;
before(async () => {
  api = await startServer();
  for (const definition of definitions) await api.client.create("customresourcedefinitions.apiextensions.k8s.io", "", definition);
});
after(() => api.close());

let serial = 0;

async function refused(write: Promise<unknown>, message: RegExp, what: string): Promise<void> {
  await assert.rejects(
    write,
    (error: unknown) => {
      assert.ok(error instanceof StatusError, String(error));
      assert.equal(error.code, 422, error.message);
      assert.match(error.message, message, what);
      return true;
    },
    what,
  );
}

const selectors = { subnetSelectorTerms: [{ tags: { Name: "private" } }], securityGroupSelectorTerms: [{ name: "nodes" }] };

const nodeClass = (spec: object) =>
  api.client.create(NODE_CLASSES, "", {
    apiVersion: "eks.amazonaws.com/v1",
    kind: "NodeClass",
    metadata: { name: `class-${serial++}` },
    // Without members that are undefined.
    spec: JSON.parse(JSON.stringify({ ...selectors, role: "nodes", ...spec })),
  });

const nodePool = (spec: object, template: object = {}) =>
  api.client.create(NODE_POOLS, "", {
    apiVersion: "karpenter.sh/v1",
    kind: "NodePool",
    metadata: { name: `pool-${serial++}` },
    spec: {
      template: {
        spec: { nodeClassRef: { group: "eks.amazonaws.com", kind: "NodeClass", name: "default" }, requirements: [], ...template },
      },
      ...spec,
    },
  });

test("the built-in pools and class are valid as they are, and nothing is added to them", async () => {
  for (const name of builtInPools) {
    const wanted = builtInPool(name);
    assert.deepEqual((await api.client.create(NODE_POOLS, "", wanted)).spec, wanted.spec);
  }
  const wanted = builtInClass("node", ["subnet-2", "subnet-1"], "sg-1");
  assert.deepEqual((await api.client.create(NODE_CLASSES, "", wanted)).spec, wanted.spec);
});

const sizes: readonly [string, boolean][] = [
  ...(["1Gi", "80Gi", "59000Gi", "64000G", "58Ti", "64T", "10000Gi"] as const).map((size) => [size, true] as [string, boolean]),
  ...(["0Gi", "59001Gi", "64001G", "59Ti", "65T", "80", "80Mi", "1.5Gi", "-1Gi"] as const).map(
    (size) => [size, false] as [string, boolean],
  ),
];
for (const [size, allowed] of sizes) {
  test(`ephemeral storage of ${size} is ${allowed ? "allowed" : "refused"}`, async () => {
    const made = nodeClass({ ephemeralStorage: { size } });
    if (allowed) assert.equal((await made).spec.ephemeralStorage.iops, 3000);
    else await refused(made, /ephemeralStorage.size/, size);
  });
}

const classes: readonly [what: string, spec: object, message: RegExp][] = [
  ["role and instance profile together", { instanceProfile: "mine" }, /exactly one of \['role', 'instanceProfile'\]/],
  ["neither role nor instance profile", { role: undefined }, /exactly one of \['role', 'instanceProfile'\]/],
  ["no subnets", { subnetSelectorTerms: [] }, /subnetSelectorTerms cannot be empty/],
  ["an empty term", { subnetSelectorTerms: [{}] }, /expected at least one, got none/],
  ["an id beside tags", { subnetSelectorTerms: [{ id: "subnet-1", tags: { a: "b" } }] }, /'id' is mutually exclusive/],
  ["a group by id and name", { securityGroupSelectorTerms: [{ id: "sg-1", name: "x" }] }, /mutually exclusive/],
  ["an empty tag value", { subnetSelectorTerms: [{ tags: { a: "" } }] }, /empty tag keys or values/],
  ["pod subnets without pod groups", { podSubnetSelectorTerms: [{ id: "subnet-1" }] }, /must be specified together/],
  ["few IOPS", { ephemeralStorage: { iops: 2999 } }, /iops/],
  ["many IOPS", { ephemeralStorage: { iops: 16_001 } }, /iops/],
  ["little throughput", { ephemeralStorage: { throughput: 124 } }, /throughput/],
  ["much throughput", { ephemeralStorage: { throughput: 1001 } }, /throughput/],
  ["a key that is none", { ephemeralStorage: { kmsKeyID: "my key" } }, /kmsKeyID/],
  ["an unknown SNAT policy", { snatPolicy: "Never" }, /snatPolicy/],
  ["an unknown network policy", { networkPolicy: "Deny" }, /networkPolicy/],
  ["a long proxy", { advancedNetworking: { httpsProxy: `http://${"x".repeat(250)}` } }, /httpsProxy/],
  ["51 exceptions of the proxy", { advancedNetworking: { noProxy: Array.from({ length: 51 }, (_, index) => `host-${index}`) } }, /noProxy/],
  ["an unknown lockdown", { advancedSecurity: { kernelLockdown: "full" } }, /kernelLockdown/],
  ["tags of Kubernetes' own", { tags: { "kubernetes.io/cluster/dev": "owned" } }, /restricted tag matching kubernetes.io\/cluster/],
  ["tags of Karpenter's own", { tags: { "karpenter.sh/nodepool": "x" } }, /restricted tag matching karpenter.sh\/nodepool/],
  ["tags of the class", { tags: { "eks.amazonaws.com/nodeclass": "x" } }, /restricted tag matching eks.amazonaws.com\/nodeclass/],
];
for (const [what, spec, message] of classes) {
  test(`a NodeClass with ${what} is refused`, () => refused(nodeClass(spec), message, what));
}

const requirement = (operator: string, values?: string[], more: object = {}) => ({
  requirements: [{ key: "eks.amazonaws.com/instance-cpu", operator, ...(values ? { values } : {}), ...more }],
});
const pools: readonly [what: string, spec: object, template: object, message: RegExp][] = [
  ["a static pool with a weight", { replicas: 1, weight: 5 }, {}, /'weight' is not supported on static NodePools/],
  ["a static pool limited by cpu", { replicas: 1, limits: { cpu: "4" } }, {}, /only 'limits.nodes' is supported/],
  ["a weight of 101", { weight: 101 }, {}, /weight/],
  ["a budget of 101 %", { disruption: { consolidateAfter: "1m", budgets: [{ nodes: "101%" }] } }, {}, /budgets/],
  [
    "a schedule without duration",
    { disruption: { consolidateAfter: "1m", budgets: [{ nodes: "1", schedule: "@daily" }] } },
    {},
    /'schedule' must be set with 'duration'/,
  ],
  ["an unknown consolidation policy", { disruption: { consolidateAfter: "1m", consolidationPolicy: "Always" } }, {}, /consolidationPolicy/],
  ["an odd duration", {}, { expireAfter: "2 weeks" }, /expireAfter/],
  [
    "another cloud's class",
    {},
    { nodeClassRef: { group: "karpenter.k8s.aws", kind: "EC2NodeClass", name: "x" } },
    /nodeClassRef must name a NodeClass/,
  ],
  ["In without values", {}, requirement("In"), /'In' must have a value/],
  ["Gt of a word", {}, requirement("Gt", ["many"]), /single positive integer/],
  ["Gt of two numbers", {}, requirement("Gt", ["1", "2"]), /single positive integer/],
  ["more minValues than values", {}, requirement("In", ["4"], { minValues: 2 }), /at least that many values/],
  ["an unknown operator", {}, requirement("Like", ["4"]), /operator/],
];
for (const [what, spec, template, message] of pools) {
  test(`a NodePool with ${what} is refused`, () => refused(nodePool(spec, template), message, what));
}

test("a pool stays static or dynamic, and a claim stays as it is", async () => {
  const fixed = await nodePool({ replicas: 1 });
  await refused(
    api.client.patch(NODE_POOLS, "", fixed.metadata.name, "merge", { spec: { replicas: null } }),
    /Cannot transition NodePool/,
    "static",
  );
  await api.client.patch(NODE_POOLS, "", fixed.metadata.name, "merge", { spec: { replicas: 3 } });
  const claim = await api.client.create(NODE_CLAIMS, "", {
    apiVersion: "karpenter.sh/v1",
    kind: "NodeClaim",
    metadata: { name: "one" },
    spec: { nodeClassRef: { group: "eks.amazonaws.com", kind: "NodeClass", name: "default" }, requirements: [] },
  });
  await refused(
    api.client.patch(NODE_CLAIMS, "", claim.metadata.name, "merge", { spec: { expireAfter: "1h" } }),
    /spec is immutable/,
    "claim",
  );
});
