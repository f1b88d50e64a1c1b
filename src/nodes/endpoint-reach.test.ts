// Ways from an instance to a cluster's endpoint, open and shut.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { GroupRule } from "../vpc/security-groups.ts";
import { endpointProblem } from "./endpoint-reach.ts";
import type { VpcFacts } from "./net/vpc-facts.ts";

const rule = (groupId: string, egress: boolean, change: Partial<GroupRule>): GroupRule => ({
  ...{ groupId, egress, protocol: "-1", fromPort: -1, toPort: -1 },
  ...change,
});
const everywhere = { cidr: "0.0.0.0/0" };
const OUT = rule("sg-node", true, everywhere);
const IN = rule("sg-cluster", false, { protocol: "tcp", fromPort: 443, toPort: 443, referencedGroupId: "sg-node" });

interface Case {
  readonly rules?: readonly GroupRule[];
  readonly target?: string;
  readonly publicAddress?: string;
  readonly publicAccess?: boolean;
  readonly privateAccess?: boolean;
  readonly vpcId?: string;
}

function problem({ rules = [OUT], target = "igw-1", publicAccess = true, privateAccess = false, ...rest }: Case) {
  const routes = target === "" ? [] : [{ destination: "0.0.0.0/0", target, state: "active" as const }];
  const vpc: VpcFacts = {
    ...{ interfaces: [], cidrs: ["10.0.0.0/16"], rules },
    enis: [{ id: "eni-x", subnetId: "subnet-1", groups: ["sg-cluster"], addresses: ["10.0.1.9"], publicAddresses: {}, description: "" }],
    subnets: [{ id: "subnet-1", cidr: "10.0.0.0/24", routeTableId: "rtb-1", routes, aclId: "acl-1", acl: [] }],
  };
  const caller = { address: "10.0.0.7", publicAddress: undefined, subnetId: "subnet-1", vpcId: "vpc-1", groups: ["sg-node"], ...rest };
  return endpointProblem(vpc, caller, { vpcId: "vpc-1", publicAccess, privateAccess, interfaces: ["eni-x"] });
}

const cases: readonly [what: string, given: Case, expected: RegExp | undefined][] = [
  ["public, by an internet gateway", { publicAddress: "203.0.113.9" }, undefined],
  ["public, by NAT", { target: "nat-1" }, undefined],
  ["public, without a public address", {}, /no public address/],
  ["public, without a route", { target: "" }, /no route to the internet/],
  ["public, without leave to go out", { target: "nat-1", rules: [] }, /do not let it connect/],
  [
    "public, with leave for another port",
    { target: "nat-1", rules: [{ ...OUT, protocol: "tcp", fromPort: 80, toPort: 80 }] },
    /do not let it/,
  ],
  ["private, let in by group", { privateAccess: true, publicAccess: false, target: "", rules: [OUT, IN] }, undefined],
  ["private, not let in", { privateAccess: true, publicAccess: false, rules: [OUT] }, /do not allow TCP 443/],
  ["private wins over public inside the VPC", { privateAccess: true, target: "nat-1" }, /do not allow TCP 443/],
  ["both, from another VPC", { privateAccess: true, target: "nat-1", vpcId: "vpc-2" }, undefined],
  ["private, from another VPC", { privateAccess: true, publicAccess: false, vpcId: "vpc-2" }, /endpoint is private/],
];
for (const [what, given, expected] of cases) {
  test(what, () => {
    const found = problem(given);
    if (expected) assert.match(found ?? "", expected);
    else assert.equal(found, undefined);
  });
}
