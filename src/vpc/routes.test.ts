import assert from "node:assert/strict";
import { test } from "node:test";
import { type AclEntry, aclAllows } from "./network-acls.ts";
import { isPublic, lookupRoute, type Route } from "./routes.ts";

const routes: Route[] = [
  { destination: "10.0.0.0/16", target: "local", state: "active" },
  { destination: "0.0.0.0/0", target: "nat-1", state: "active" },
  { destination: "10.9.0.0/16", target: "eni-1", state: "blackhole" },
  { destination: "10.0.0.0/8", target: "tgw-1", state: "active" },
  { destination: "::/0", target: "eigw-1", state: "active" },
];

test("the longest prefix wins, blackholes included", () => {
  for (const [address, target] of [
    ["10.0.3.4", "local"],
    ["10.8.0.1", "tgw-1"],
    ["10.9.0.1", "eni-1"],
    ["8.8.8.8", "nat-1"],
    ["2600::1", "eigw-1"],
    ["nonsense", undefined],
  ] as const) {
    assert.equal(lookupRoute(routes, address)?.target, target, address);
  }
  assert.equal(lookupRoute(routes.slice(0, 1), "8.8.8.8"), undefined);
});

test("a table is public when its default route leads to a live internet gateway", () => {
  assert.equal(isPublic(routes), false);
  assert.equal(isPublic([{ destination: "0.0.0.0/0", target: "igw-1", state: "active" }]), true);
  assert.equal(isPublic([{ destination: "0.0.0.0/0", target: "igw-1", state: "blackhole" }]), false);
  assert.equal(isPublic([{ destination: "1.0.0.0/8", target: "igw-1", state: "active" }]), false);
});

test("the lowest numbered ACL entry that matches decides", () => {
  const entry = (ruleNumber: number, action: "allow" | "deny", cidr: string, rest: Partial<AclEntry> = {}): AclEntry => ({
    ruleNumber,
    egress: false,
    protocol: "-1",
    action,
    cidr,
    ...rest,
  });
  const list = [
    entry(200, "allow", "0.0.0.0/0"),
    entry(100, "deny", "10.6.0.0/16"),
    entry(90, "allow", "10.6.1.0/24", { protocol: "6", fromPort: 443, toPort: 443 }),
  ];
  const packet = (peerAddress: string, port = 443, protocol = "6") => ({ peerAddress, port, protocol });
  assert.equal(aclAllows(list, "ingress", packet("10.7.0.1")), true);
  assert.equal(aclAllows(list, "ingress", packet("10.6.2.1")), false);
  assert.equal(aclAllows(list, "ingress", packet("10.6.1.1")), true);
  assert.equal(aclAllows(list, "ingress", packet("10.6.1.1", 80)), false);
  assert.equal(aclAllows(list, "ingress", packet("10.6.1.1", 443, "17")), false);
  assert.equal(aclAllows(list, "egress", packet("10.7.0.1")), false);
  assert.equal(aclAllows(list, "ingress", packet("2600::1")), false);
});
