// Which subnets are chosen: roles, other clusters' subnets, one for each zone, names and tags.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Scheme, SubnetWish } from "./model.ts";
import { chooseSubnets, type SubnetFacts } from "./subnets.ts";

const PUBLIC = "kubernetes.io/role/elb";
const PRIVATE = "kubernetes.io/role/internal-elb";
const OWN = "kubernetes.io/cluster/dev";
const OTHER = "kubernetes.io/cluster/other";

const subnet = (id: string, zone: string, tags: Record<string, string> = {}, free = 200): SubnetFacts => ({ id, zone, free, tags });
const all = [
  subnet("subnet-a2", "a", { [PUBLIC]: "1" }),
  subnet("subnet-a1", "a", { [PUBLIC]: "" }),
  subnet("subnet-b1", "b", { [PUBLIC]: "1" }),
  subnet("subnet-b2", "b", { [PUBLIC]: "1", [OWN]: "shared" }),
  subnet("subnet-c1", "c", { [PUBLIC]: "1", [OTHER]: "owned" }),
  subnet("subnet-d1", "d", { [PUBLIC]: "0" }),
  subnet("subnet-e1", "e", { [PRIVATE]: "1" }),
  subnet("subnet-f1", "f", { [PRIVATE]: "1", Name: "small" }, 7),
];

const choose = (wish: SubnetWish, scheme: Scheme, kind: "application" | "network" = "network", subnets = all) =>
  chooseSubnets(subnets, wish, { kind, scheme, clusterName: "dev" });

const cases: readonly (readonly [name: string, wish: SubnetWish, scheme: Scheme, expected: readonly string[]])[] = [
  ["public ones by role: the cluster's own first, then the least id", {}, "internet-facing", ["subnet-a1", "subnet-b2"]],
  ["private ones by role", {}, "internal", ["subnet-e1", "subnet-f1"]],
  ["named ones, whatever their tags", { named: ["subnet-d1", "small"] }, "internal", ["subnet-d1", "subnet-f1"]],
  ["by tags", { tags: { Name: ["small", "tiny"] } }, "internet-facing", ["subnet-f1"]],
];
for (const [name, wish, scheme, expected] of cases) test(name, () => assert.deepEqual(choose(wish, scheme), expected));

test("without tagged subnets the text names the tag that was looked for", () => {
  assert.throws(() => choose({}, "internet-facing", "network", []), {
    message: "unable to resolve at least one subnet (0 match VPC and tags: [kubernetes.io/role/elb])",
  });
  const foreign = [subnet("subnet-1", "a", { [PRIVATE]: "1", [OTHER]: "shared" })];
  assert.throws(() => choose({}, "internal", "network", foreign), {
    message: "unable to resolve at least one subnet (1 match VPC and tags: [kubernetes.io/role/internal-elb], 1 tagged for other cluster)",
  });
});

test("application load balancers need two zones with free addresses", () => {
  assert.throws(() => choose({}, "internal", "application"), { message: "subnets count less than minimal required count: 1 < 2" });
  assert.deepEqual(choose({}, "internet-facing", "application"), ["subnet-a1", "subnet-b2"]);
});

test("a name that is not there is named", () => {
  assert.throws(() => choose({ named: ["subnet-x"] }, "internal"), { message: /couldn't find all subnets, nameOrIDs: \[subnet-x\]/ });
});
