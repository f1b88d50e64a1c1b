import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { contains, formatCidr, overlaps, parseAddress, parseCidr, size, subBlock } from "./cidr.ts";
import { formatIpv4, parseIpv4 } from "./ipv4.ts";
import { formatIpv6, parseIpv6 } from "./ipv6.ts";

const cidr = (text: string) => parseCidr(text)!;

test("CIDR text becomes its canonical form", () => {
  const cases: [given: string, canonical: string | undefined][] = [
    ["10.0.0.0/8", "10.0.0.0/8"],
    ["100.68.0.18/18", "100.68.0.0/18"],
    ["0.0.0.0/0", "0.0.0.0/0"],
    ["255.255.255.255/32", "255.255.255.255/32"],
    ["2600:1F13:0:0::1/56", "2600:1f13::/56"],
    ["::/0", "::/0"],
    ["10.0.0.0", undefined],
    ["10.0.0.0/33", undefined],
    ["10.0.0/8", undefined],
    ["010.0.0.0/8", undefined],
    ["10.0.0.256/8", undefined],
    ["10.0.0.0/8/8", undefined],
    ["10.0.0.0/", undefined],
    ["10.0.0.0/-1", undefined],
    ["2600::1::/64", undefined],
    ["2600::/129", undefined],
    ["", undefined],
  ];
  for (const [given, canonical] of cases) {
    const parsed = parseCidr(given);
    assert.equal(parsed && formatCidr(parsed), canonical, given);
  }
});

test("IPv6 text follows RFC 5952", () => {
  const cases: [string, string][] = [
    ["2001:0db8:0000:0000:0001:0000:0000:0001", "2001:db8::1:0:0:1"],
    ["2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"],
    ["::", "::"],
    ["::1", "::1"],
    ["1::", "1::"],
    ["::ffff:10.0.0.1", "::ffff:a00:1"],
    ["fe80:0:0:0:0:0:0:A", "fe80::a"],
  ];
  for (const [given, expected] of cases) assert.equal(formatIpv6(parseIpv6(given)!), expected, given);
  for (const bad of ["", ":", ":::", "1:2:3", "1:2:3:4:5:6:7:8:9", "g::", "1::2::3", "12345::", "::10.0.0.1:1", "::1 "]) {
    assert.equal(parseIpv6(bad), undefined, bad);
  }
});

test("addresses survive printing and parsing", () => {
  fc.assert(fc.property(fc.nat(0xffffffff), (value) => assert.equal(parseIpv4(formatIpv4(value)), value)));
  fc.assert(fc.property(fc.bigInt(0n, (1n << 128n) - 1n), (value) => assert.equal(parseIpv6(formatIpv6(value)), value)));
});

test("containment and overlap", () => {
  const cases: [outer: string, inner: string, contained: boolean, overlapping: boolean][] = [
    ["10.0.0.0/8", "10.1.0.0/16", true, true],
    ["10.1.0.0/16", "10.0.0.0/8", false, true],
    ["10.0.0.0/24", "10.0.1.0/24", false, false],
    ["10.0.0.0/24", "10.0.0.0/24", true, true],
    ["0.0.0.0/0", "::/0", false, false],
    ["2600::/56", "2600:0:0:1::/64", true, true],
    ["2600::/56", "2600:0:0:100::/64", false, false],
  ];
  for (const [outer, inner, contained, overlapping] of cases) {
    assert.equal(contains(cidr(outer), cidr(inner)), contained, `${outer} contains ${inner}`);
    assert.equal(overlaps(cidr(outer), cidr(inner)), overlapping, `${outer} overlaps ${inner}`);
    assert.equal(overlaps(cidr(inner), cidr(outer)), overlapping);
  }
});

test("blocks are carved in order and never overlap", () => {
  assert.equal(formatCidr(subBlock(cidr("172.31.0.0/16"), 20, 3)), "172.31.48.0/20");
  assert.equal(formatCidr(subBlock(cidr("2600:1f13:1:100::/56"), 64, 255)), "2600:1f13:1:1ff::/64");
  fc.assert(
    fc.property(fc.integer({ min: 16, max: 28 }), fc.nat(200), fc.nat(200), (prefix, a, b) => {
      const whole = cidr("10.0.0.0/8");
      assert.equal(overlaps(subBlock(whole, prefix, a), subBlock(whole, prefix, b)), a === b);
      assert.ok(contains(whole, subBlock(whole, prefix, a)));
      assert.equal(size(subBlock(whole, prefix, a)), 1n << BigInt(32 - prefix));
    }),
  );
});

test("an address is told from anything else", () => {
  assert.equal(parseAddress("10.0.0.1")?.family, 4);
  assert.equal(parseAddress("::1")?.family, 6);
  assert.equal(parseAddress("10.0.0.0/8"), undefined);
  assert.equal(parseAddress("host"), undefined);
});
