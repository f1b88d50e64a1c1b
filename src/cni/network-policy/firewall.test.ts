// Maps of programs: the longest prefix decides and carries what wider blocks allow (spec vpc-cni §8.2).
import assert from "node:assert/strict";
import { test } from "node:test";
import { firewallMap, lookup, type SourcedEntry } from "./firewall.ts";
import type { Entry } from "./types.ts";

const from = (policy: string, entry: Entry): SourcedEntry => ({ policy, endpoint: `${policy}-1`, entry });
const tcp = (...ports: number[]) => ports.map((port) => ({ protocol: "TCP", port }));
const who = (entries: readonly SourcedEntry[], peer: string, port: number, protocol = "tcp", family: 4 | 6 = 4) =>
  lookup(firewallMap(entries, family), { peer, protocol, port }).admitted?.policy;

test("a narrow block does not take away what a wide one allows", () => {
  const entries = [from("wide", { cidr: "10.0.0.0/8", ports: tcp(80) }), from("narrow", { cidr: "10.0.1.1", ports: tcp(443) })];
  assert.equal(who(entries, "10.0.1.1", 443), "narrow");
  assert.equal(who(entries, "10.0.1.1", 80), "wide");
  assert.equal(who(entries, "10.0.1.2", 443), undefined);
  assert.equal(who(entries, "11.0.0.1", 80), undefined);
});

test("an exception holds against its own block only", () => {
  const holed = from("holed", { cidr: "10.0.0.0/8", except: ["10.1.0.0/16"] });
  assert.equal(who([holed], "10.2.0.1", 1), "holed");
  assert.equal(who([holed], "10.1.0.1", 1), undefined);
  assert.equal(who([holed, from("other", { cidr: "10.1.2.0/24" })], "10.1.2.3", 1), "other");
  assert.equal(who([holed, from("other", { cidr: "0.0.0.0/0", ports: tcp(80) })], "10.1.0.1", 80), "other");
  assert.equal(who([holed, from("other", { cidr: "10.0.0.0/8", ports: tcp(80) })], "10.1.0.1", 81), undefined);
});

test("ports: ranges with both ends, whole protocols, everything", () => {
  const range = [from("range", { cidr: "10.0.0.1", ports: [{ protocol: "TCP", port: 8000, endPort: 8100 }, { protocol: "UDP" }] })];
  for (const [port, protocol, wanted] of [
    [8000, "tcp", true],
    [8100, "tcp", true],
    [7999, "tcp", false],
    [8101, "tcp", false],
    [1, "udp", true],
    [8, "icmp", false],
  ] as const)
    assert.equal(who(range, "10.0.0.1", port, protocol) !== undefined, wanted, `${protocol} ${port}`);
  assert.equal(who([from("all", { cidr: "10.0.0.1" })], "10.0.0.1", 8, "icmp"), "all");
});

test("24 combinations fit, one more does not: the block is left out, and what is wider decides", () => {
  const many = (count: number) => from("many", { cidr: "10.0.0.1", ports: tcp(...Array.from({ length: count }, (_, i) => 8000 + i)) });
  assert.deepEqual(firewallMap([many(24)], 4).refused, []);
  assert.deepEqual(firewallMap([many(25)], 4).refused, [{ cidr: "10.0.0.1/32", combinations: 25 }]);
  assert.equal(who([many(25)], "10.0.0.1", 8000), undefined);
  const wide = from("wide", { cidr: "10.0.0.0/8", ports: tcp(80) });
  assert.deepEqual(firewallMap([many(24), wide], 4).refused, [{ cidr: "10.0.0.1/32", combinations: 25 }], "what is inherited counts");
  assert.equal(who([many(24), wide], "10.0.0.1", 80), "wide");
  assert.deepEqual(firewallMap([many(25), from("all", { cidr: "10.0.0.0/8" })], 4).refused, [], "everything is one combination");
});

test("addresses of the other family, and what is no address, are left out", () => {
  const entries = [from("four", { cidr: "0.0.0.0/0" }), from("six", { cidr: "::/0" }), from("none", { cidr: "example.com" })];
  assert.equal(firewallMap(entries, 4).entries.length, 1);
  assert.equal(who(entries, "2001:db8::1", 80, "tcp", 6), "six");
  assert.equal(who(entries, "10.0.0.1", 80, "tcp", 6), undefined);
  assert.equal(who(entries, "not an address", 80), undefined);
});
