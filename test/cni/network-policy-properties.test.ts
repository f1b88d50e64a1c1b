// The judgement through PolicyEndpoints and maps agrees with what NetworkPolicy means, read directly (Kubernetes' documentation).
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { CHUNK, pack } from "../../src/cni/network-policy/pack.ts";
import type { Lists } from "../../src/cni/network-policy/types.ts";
import type { KubeObject } from "../../src/kubernetes/api/object.ts";
import { containsAddress, parseAddress, parseCidr } from "../../src/vpc/cidr.ts";
import { addressOf, type Connection, endpointsOf, namespace, passes, pod, policy, type World } from "./policy-world.ts";

/** Every pod declares the same names: at several pods one name may mean several numbers, which has a test of its own. */
const NAMES: Readonly<Record<string, number>> = { http: 80, db: 5432 };
const NODES = ["10.0.0.1", "10.0.0.2"];
const NAMESPACES = [namespace("a", { team: "red" }), namespace("b", { team: "blue" }), namespace("c")];

const labels = fc.record({ app: fc.constantFrom("x", "y", "z") }, { requiredKeys: [] });
const selector = fc.oneof(
  fc.constant({}),
  labels.map((matchLabels) => ({ matchLabels })),
  fc.record({
    matchExpressions: fc.array(
      fc.oneof(
        fc.record({
          key: fc.constant("app"),
          operator: fc.constantFrom("In", "NotIn"),
          values: fc.array(fc.constantFrom("x", "y"), { minLength: 1, maxLength: 2 }),
        }),
        fc.record({ key: fc.constant("app"), operator: fc.constantFrom("Exists", "DoesNotExist") }),
      ),
      { maxLength: 2 },
    ),
  }),
);
const teams = fc.oneof(
  fc.constant({}),
  fc.constantFrom("red", "blue").map((team) => ({ matchLabels: { team } })),
  fc.constant({ matchExpressions: [{ key: "team", operator: "DoesNotExist" }] }),
);
const blocks = [
  "10.0.1.0/24",
  "10.0.1.0/29",
  "10.0.1.4/30",
  "10.0.1.2/32",
  "10.0.0.0/8",
  "0.0.0.0/0",
  "192.0.2.0/24",
  "10.0.0.2/32",
  "::/0",
];
const ipBlock = fc
  .record({ cidr: fc.constantFrom(...blocks), except: fc.subarray(["10.0.1.4/30", "10.0.1.2/32", "192.0.2.128/25"]) })
  // The API server admits exceptions inside their block only.
  .map(({ cidr, except }) => ({ cidr, except: except.filter((hole) => isIn(hole.split("/")[0]!, cidr) && prefix(hole) > prefix(cidr)) }));
const peer = fc.oneof(
  fc.record({ podSelector: selector }),
  fc.record({ namespaceSelector: teams }),
  fc.record({ podSelector: selector, namespaceSelector: teams }),
  fc.record({ ipBlock }),
);
const port = fc.oneof(
  fc.record({ port: fc.constantFrom<number | string>(80, 5432, "http", "db", "nowhere"), protocol: fc.constant("TCP") }),
  fc.record({ port: fc.constant(53), protocol: fc.constantFrom("UDP", "TCP") }),
  fc.record({ port: fc.constant(8000), endPort: fc.constant(8100), protocol: fc.constant("TCP") }),
  fc.record({ protocol: fc.constantFrom("TCP", "UDP") }),
);
const rule = (side: "from" | "to") =>
  fc.record({ [side]: fc.array(peer, { maxLength: 2 }), ports: fc.array(port, { maxLength: 2 }) }, { requiredKeys: [] });
const policies = fc.array(
  fc.record({
    ns: fc.constantFrom("a", "b"),
    podSelector: selector,
    policyTypes: fc.subarray(["Ingress", "Egress"], { minLength: 1 }),
    ingress: fc.array(rule("from"), { maxLength: 2 }),
    egress: fc.array(rule("to"), { maxLength: 2 }),
  }),
  { maxLength: 4 },
);
const pods = fc.array(
  fc.record({
    ns: fc.constantFrom("a", "b", "c"),
    labels,
    hostIP: fc.constantFrom(...NODES),
    kind: fc.constantFrom("plain", "plain", "plain", "plain", "host", "finished"),
  }),
  { minLength: 2, maxLength: 7 },
);

const worlds: fc.Arbitrary<World> = fc.record({ policies, pods }).map(({ policies: some, pods: many }) => ({
  namespaces: NAMESPACES,
  policies: some.map(({ ns, ...spec }, i) => policy(ns, `policy-${i}`, spec)),
  pods: many.map(({ ns, labels: marks, hostIP, kind }, i) =>
    pod(ns, `pod-${i}-x`, {
      ...{ labels: marks as Record<string, string>, hostIP, ports: NAMES },
      ip: kind === "host" ? hostIP : `10.0.1.${i}`,
      hostNetwork: kind === "host",
      phase: kind === "finished" ? "Succeeded" : "Running",
    }),
  ),
}));

const prefix = (cidr: string) => Number(cidr.split("/")[1]);
const isIn = (address: string, cidr: string) => containsAddress(parseCidr(cidr)!, parseAddress(address)!);
const isFinished = (each: KubeObject) => each.status.phase === "Succeeded";

function selects(select: any, marks: Record<string, string> = {}): boolean {
  const equal = Object.entries(select?.matchLabels ?? {}).every(([key, value]) => value === undefined || marks[key] === value);
  return (
    equal &&
    (select?.matchExpressions ?? []).every(({ key, operator, values }: any) => {
      if (operator === "In") return values.includes(marks[key]);
      if (operator === "NotIn") return !values.includes(marks[key]);
      return key in marks === (operator === "Exists");
    })
  );
}

function isPeer(each: any, end: KubeObject | string, own: string): boolean {
  if (each.ipBlock)
    return isIn(addressOf(end), each.ipBlock.cidr) && !each.ipBlock.except.some((hole: string) => isIn(addressOf(end), hole));
  if (typeof end === "string" || end.spec.hostNetwork || isFinished(end)) return false;
  const home = NAMESPACES.find(({ metadata }) => metadata.name === end.metadata.namespace)!;
  const isHome = each.namespaceSelector ? selects(each.namespaceSelector, home.metadata.labels) : end.metadata.namespace === own;
  return isHome && selects(each.podSelector, end.metadata.labels);
}

/** Names mean ports of pods: where a rule about leaving speaks of blocks, the CNI cannot tell what they mean. */
const isPort = (each: any, { protocol = "TCP", port: number }: Connection, named: boolean): boolean => {
  if (each.protocol !== protocol) return false;
  if (each.port === undefined) return true;
  if (typeof each.port === "string") return named && NAMES[each.port] === number;
  return number >= each.port && number <= (each.endPort ?? each.port);
};

function admits(world: World, connection: Connection, end: KubeObject, direction: "Ingress" | "Egress"): boolean {
  const other = direction === "Ingress" ? connection.from : connection.to;
  if (end.spec.hostNetwork || isFinished(end) || addressOf(other) === end.status.hostIP) return true;
  const isolating = world.policies.filter(
    ({ metadata, spec }) =>
      metadata.namespace === end.metadata.namespace &&
      spec.policyTypes.includes(direction) &&
      selects(spec.podSelector, end.metadata.labels),
  );
  if (isolating.length === 0) return true;
  return isolating.some(({ metadata, spec }) =>
    (direction === "Ingress" ? spec.ingress : spec.egress).some((one: any) => {
      const peers: any[] = (direction === "Ingress" ? one.from : one.to) ?? [];
      const open: any[] = one.ports ?? [];
      const fits = (named: boolean) => open.length === 0 || open.some((each) => isPort(each, connection, named));
      if (peers.length === 0) return fits(direction === "Ingress");
      return peers.some((each) => isPeer(each, other, metadata.namespace!) && fits(direction === "Ingress" || !each.ipBlock));
    }),
  );
}

test("random policies, pods and namespaces: PolicyEndpoints say what the policies say", () => {
  const ports = [{ port: 80 }, { port: 5432 }, { port: 8050 }, { port: 53, protocol: "UDP" }, { port: 53 }, { port: 9 }];
  let denied = 0;
  let judged = 0;
  fc.assert(
    fc.property(worlds, fc.integer({ min: 1, max: 4 }), (world, size) => {
      const endpoints = endpointsOf(world, size);
      const live = world.pods.filter((each) => !isFinished(each));
      const ends = [...live, "192.0.2.7", "192.0.2.200"];
      for (const from of ends) {
        for (const to of ends) {
          if (from === to || (typeof from === "string" && typeof to === "string")) continue;
          for (const at of ports) {
            const connection = { from, to, ...at };
            const wanted =
              (typeof from === "string" || admits(world, connection, from, "Egress")) &&
              (typeof to === "string" || admits(world, connection, to, "Ingress"));
            assert.equal(passes(endpoints, connection), wanted, `${JSON.stringify(connection)}`);
            judged++;
            if (!wanted) denied++;
          }
        }
      }
    }),
    { numRuns: 300 },
  );
  assert.ok(denied > judged / 20 && denied < judged * 0.95, `${denied} of ${judged} denied: the worlds are not interesting`);
});

test("packing: nothing lost, nothing twice, no list too long, what is there stays", () => {
  const lists = fc
    .record({
      ingress: fc.uniqueArray(fc.nat(30), { maxLength: 25 }),
      egress: fc.uniqueArray(fc.nat(30), { maxLength: 25 }),
      podSelectorEndpoints: fc.uniqueArray(fc.nat(30), { maxLength: 25 }),
    })
    .map(({ ingress, egress, podSelectorEndpoints }): Lists => {
      const entry = (n: number) => ({ cidr: `10.0.0.${n}` });
      return {
        ingress: ingress.map(entry),
        egress: egress.map(entry),
        podSelectorEndpoints: podSelectorEndpoints.map((n) => ({ hostIP: "", podIP: `10.0.0.${n}`, name: `p${n}`, namespace: "a" })),
      };
    });
  const all = (shelves: readonly Lists[], kind: keyof Lists) =>
    shelves.flatMap((each) => each[kind].map((value) => JSON.stringify(value))).sort();
  fc.assert(
    fc.property(lists, lists, fc.integer({ min: 1, max: 9 }), (before, after, size) => {
      const first = pack(before, [], size).create.map((each, i) => ({ name: `e${i}`, lists: each }));
      const { create, keep, remove } = pack(after, first, size);
      const now = [...keep.map((each) => each.lists), ...create];
      assert.ok(now.length >= 1);
      assert.equal(keep.length + remove.length, first.length);
      for (const kind of ["ingress", "egress", "podSelectorEndpoints"] as const) {
        assert.deepEqual(all(now, kind), all([after], kind));
        for (const each of now) assert.ok(each[kind].length <= size);
        const wanted = new Set(all([after], kind));
        for (const { name, lists: had } of first) {
          const has = new Set(
            all(
              keep.filter((each) => each.name === name).map((each) => each.lists),
              kind,
            ),
          );
          for (const value of all([had], kind)) if (wanted.has(value)) assert.ok(has.has(value), `${value} moved away from ${name}`);
        }
      }
      const again = pack(
        after,
        now.map((each, i) => ({ name: `e${i}`, lists: each })),
        size,
      );
      assert.deepEqual([again.create, again.remove], [[], []]);
    }),
    { numRuns: 200 },
  );
  assert.equal(CHUNK, 200);
});
