import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { seededRandom } from "../base/random.ts";
import { AddressBook } from "./address-book.ts";
import { AddressBook6 } from "./address-book6.ts";
import { parseCidr } from "./cidr.ts";

const book = (cidr: string, choice: "random" | "sequential" = "random") => new AddressBook(parseCidr(cidr)!, seededRandom(1), choice);

test("an empty subnet offers all but five addresses", () => {
  for (const [cidr, free] of [
    ["10.0.0.0/28", 11],
    ["10.0.0.0/27", 27],
    ["10.0.0.0/24", 251],
    ["10.0.0.0/16", 65_531],
  ] as const) {
    assert.equal(book(cidr).available, free, cidr);
  }
});

test("the first four addresses and the last are never assignable", () => {
  const subnet = book("10.0.1.0/24");
  for (const host of [0, 1, 2, 3, 255]) {
    assert.equal(subnet.assignable(`10.0.1.${host}`), false);
    assert.equal(subnet.take(`10.0.1.${host}`), false);
  }
  assert.equal(subnet.take("10.0.1.4"), true);
  assert.equal(subnet.take("10.0.1.4"), false);
  assert.equal(subnet.inside("10.0.2.1"), false);
  assert.equal(subnet.take("10.0.2.1"), false);
  assert.equal(subnet.take("nonsense"), false);
});

test("sequential choice takes the lowest free address, random choice spreads", () => {
  assert.deepEqual(book("10.0.0.0/24", "sequential").allocate(3), ["10.0.0.4", "10.0.0.5", "10.0.0.6"]);
  const spread = book("10.0.0.0/24").allocate(20) as string[];
  assert.ok(new Set(spread.map((address) => Math.floor(Number(address.split(".")[3]) / 16))).size > 5);
  assert.deepEqual(book("10.0.0.0/24").allocate(5), book("10.0.0.0/24").allocate(5));
});

test("a /24 has fourteen prefixes, a /26 two, a /27 and a /28 none", () => {
  for (const [cidr, count] of [
    ["10.0.0.0/24", 14],
    ["10.0.0.0/26", 2],
  ] as const) {
    assert.equal((book(cidr).allocatePrefixes(count) as string[]).length, count);
    const exhausted = book(cidr);
    exhausted.allocatePrefixes(count);
    assert.equal(exhausted.allocatePrefixes(1), "prefix-blocks");
  }
  assert.equal(book("10.0.0.0/27").allocatePrefixes(1), "prefix-blocks");
  assert.equal(book("10.0.0.0/28").allocatePrefixes(1), "prefix-addresses");
});

test("one address in every block leaves no prefix although most addresses are free", () => {
  const subnet = book("10.0.0.0/24");
  for (let block = 1; block < 15; block++) assert.equal(subnet.take(`10.0.0.${block * 16 + 7}`), true);
  assert.ok(subnet.available > 200);
  assert.equal(subnet.allocatePrefixes(1), "prefix-blocks");
  assert.equal(subnet.release("10.0.0.55"), true);
  assert.deepEqual(subnet.allocatePrefixes(1), ["10.0.0.48/28"]);
});

test("a prefix must be named by its aligned base and be free", () => {
  const subnet = book("10.0.0.0/24");
  assert.equal(subnet.takePrefix("10.0.0.17/28"), false);
  assert.equal(subnet.takePrefix("10.0.0.16/27"), false);
  assert.equal(subnet.takePrefix("10.0.0.0/28"), false);
  assert.equal(subnet.takePrefix("10.0.1.16/28"), false);
  assert.equal(subnet.takePrefix("10.0.0.16/28"), true);
  assert.equal(subnet.takePrefix("10.0.0.16/28"), false);
  assert.equal(subnet.take("10.0.0.20"), false);
  assert.equal(subnet.release("10.0.0.20"), false);
  assert.equal(subnet.available, 251 - 16);
  assert.equal(subnet.releasePrefix("10.0.0.16/28"), true);
  assert.equal(subnet.releasePrefix("10.0.0.16/28"), false);
  assert.equal(subnet.available, 251);
});

test("a prefix reservation feeds prefixes and never single addresses", () => {
  const subnet = book("10.0.0.0/24");
  subnet.reserve([{ cidr: "10.0.0.64/26", type: "prefix" }]);
  assert.equal(subnet.available, 251 - 64);
  const prefixes = subnet.allocatePrefixes(4) as string[];
  assert.deepEqual([...prefixes].sort(), ["10.0.0.112/28", "10.0.0.64/28", "10.0.0.80/28", "10.0.0.96/28"]);
  const singles = subnet.allocate(187) as string[];
  assert.equal(singles.length, 187);
  assert.equal(
    singles.some((address) => Number(address.split(".")[3]) >= 64 && Number(address.split(".")[3]) < 128),
    false,
  );
  assert.equal(subnet.allocate(1), "addresses");
});

test("an explicit reservation gives nothing away by itself", () => {
  const subnet = book("10.0.0.0/28");
  subnet.reserve([{ cidr: "10.0.0.8/29", type: "explicit" }]);
  assert.equal(subnet.available, 4);
  subnet.allocate(4);
  assert.equal(subnet.allocate(1), "addresses");
  assert.equal(subnet.take("10.0.0.9"), true);
  subnet.reserve([]);
  assert.equal(subnet.available, 6);
});

type Step = { readonly kind: number; readonly pick: number; readonly count: number };

const steps = fc.array(fc.record({ kind: fc.nat(6), pick: fc.nat(1000), count: fc.integer({ min: 1, max: 20 }) }), { maxLength: 60 });

test("whatever happens, no address is owned twice and the counts add up", () => {
  fc.assert(
    fc.property(fc.constantFrom("10.0.0.0/24", "10.0.0.0/26", "10.0.0.0/28"), steps, (cidr, program: Step[]) => {
      const subnet = book(cidr);
      const singles = new Set<string>();
      const prefixes = new Set<string>();
      for (const { kind, pick, count } of program) {
        const someSingle = [...singles][pick % Math.max(1, singles.size)];
        const somePrefix = [...prefixes][pick % Math.max(1, prefixes.size)];
        if (kind === 0) {
          const before = subnet.available;
          const taken = subnet.allocate(count);
          if (typeof taken === "string") assert.ok(before < count);
          else for (const address of taken) assert.ok(!singles.has(address) && singles.add(address) && subnet.assignable(address));
        } else if (kind === 1) {
          const taken = subnet.allocatePrefixes(1 + (count % 3));
          if (typeof taken !== "string") for (const prefix of taken) assert.ok(!prefixes.has(prefix) && prefixes.add(prefix));
        } else if (kind === 2 && someSingle !== undefined) {
          assert.equal(subnet.release(someSingle), true);
          singles.delete(someSingle);
        } else if (kind === 3 && somePrefix !== undefined) {
          assert.equal(subnet.releasePrefix(somePrefix), true);
          prefixes.delete(somePrefix);
        } else if (kind === 4) {
          const address = `10.0.0.${pick % 256}`;
          assert.equal(subnet.isFree(address), subnet.take(address) && singles.add(address) !== undefined);
        } else if (kind === 5) {
          subnet.reserve(pick % 2 ? [{ cidr: "10.0.0.32/27", type: pick % 3 ? "prefix" : "explicit" }] : []);
        }
        assert.equal(subnet.available + subnet.reservedUnused + singles.size + 16 * prefixes.size, subnet.capacity);
        assert.equal(subnet.singles, singles.size);
        assert.equal(subnet.prefixes, prefixes.size);
      }
      const inPrefixes = [...prefixes].flatMap((prefix) => {
        const [, , , base] = prefix.split("/")[0]!.split(".");
        return Array.from({ length: 16 }, (_, index) => `10.0.0.${Number(base) + index}`);
      });
      assert.equal(new Set([...singles, ...inPrefixes]).size, singles.size + inPrefixes.length);
    }),
    { numRuns: 60 },
  );
});

test("150,000 addresses over three subnets are chosen quickly", () => {
  const started = performance.now();
  for (const cidr of ["10.0.0.0/16", "10.1.0.0/16", "10.2.0.0/16"]) {
    const subnet = book(cidr);
    for (let i = 0; i < 50_000; i++) assert.equal(typeof subnet.allocate(1), "object");
    assert.equal(subnet.available, 15_531);
  }
  assert.ok(performance.now() - started < 3000);
});

test("an IPv6 block: addresses and /80 prefixes exclude each other", () => {
  const subnet = new AddressBook6(parseCidr("2600:1f13:1:100::/64")!, seededRandom(3));
  for (const kept of ["2600:1f13:1:100::", "2600:1f13:1:100::3", "2600:1f13:1:100:ffff:ffff:ffff:ffff", "2600:1f13:1:101::9"]) {
    assert.equal(subnet.take(kept), false, kept);
  }
  assert.equal(subnet.take("2600:1f13:1:100::5"), true);
  assert.equal(subnet.take("2600:1f13:1:100:0::5"), false);
  assert.equal(subnet.takePrefix("2600:1f13:1:100::/80"), false);
  assert.equal(subnet.release("2600:1f13:1:100::5"), true);
  assert.equal(subnet.takePrefix("2600:1f13:1:100::/80"), true);
  assert.equal(subnet.take("2600:1f13:1:100::5"), false);
  assert.equal(subnet.releasePrefix("2600:1f13:1:100::/80"), true);
  assert.equal(subnet.releasePrefix("2600:1f13:1:100::/80"), false);
  const addresses = subnet.allocate(50);
  const prefixes = subnet.allocatePrefixes(50)!;
  assert.equal(new Set([...addresses, ...prefixes]).size, 100);
  assert.ok(prefixes.every((prefix) => prefix.endsWith("/80")));
  assert.equal(subnet.singles, 50);
  assert.equal(subnet.prefixes, 50);
});
