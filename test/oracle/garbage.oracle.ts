// Garbage collection beside a real kube-controller-manager: random graphs of owners, a deletion by each policy, the same objects left.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import fc from "fast-check";
import { systemClock } from "../../src/base/clock.ts";
import { silentLog } from "../../src/base/log.ts";
import { seededRandom } from "../../src/base/random.ts";
import { startControllers } from "../../src/kubernetes/controllers/index.ts";
import { startServer } from "../kubernetes/server-support.ts";
import { oracleMissing, startRealKubernetes, until } from "./real-kubernetes.ts";

type Call = Awaited<ReturnType<typeof startRealKubernetes>>["call"];
interface Member {
  /** Indices of earlier members that own this one; blocking says whether it holds up their deletion in the foreground. */
  readonly owners: readonly { readonly index: number; readonly blocking: boolean }[];
  /** Names an owner that does not exist, besides. Then the collector acts by itself, and a deletion would race with it. */
  readonly isOrphanOfNobody: boolean;
  readonly isHeld: boolean;
}
interface Graph {
  readonly members: readonly Member[];
  readonly deleted: number;
  readonly policy: "Background" | "Foreground" | "Orphan";
}

const missing = oracleMissing();
const graphs: readonly Graph[] = fc.sample(graph(), { numRuns: 120, seed: 20_20 });
const collection = "/api/v1/namespaces/default/configmaps";
let callers: readonly [Call, Call];
const closers: (() => unknown)[] = [];

before(async () => {
  if (missing) return;
  const real = await startRealKubernetes(["garbagecollector"]);
  const ours = await startServer();
  const clientFor = (username: string) => ours.server.component(username);
  const common = { clock: systemClock, log: silentLog, random: seededRandom(1) };
  const controllers = startControllers({ ...common, clientFor, catalog: ours.server.served, caBundle: "PEM" });
  closers.push(() => controllers.close(), ours.close, real.close);
  callers = [real.call, (method, path, body, headers) => ours.call(method, path, "admin", body, headers)];
});
after(async () => {
  for (const close of closers) await close();
});

test("after each deletion the same objects are left, with the same owners and finalizers", { skip: missing }, async (t) => {
  for (const call of callers) for (const [index, each] of graphs.entries()) await create(call, index, each);
  for (const call of callers)
    for (const [index, { members, deleted, policy }] of graphs.entries())
      if (!members.some(({ isOrphanOfNobody }) => isOrphanOfNobody))
        await call("DELETE", `${collection}/${nameOf(index, deleted)}?propagationPolicy=${policy}`);
  const [real, ours] = callers;
  const differing = async () => {
    const [expected, actual] = [await left(real), await left(ours)];
    return graphs.flatMap((each, index) => {
      const of = (all: readonly string[]) => all.filter((line) => line.startsWith(`g${index}-`));
      const [want, have] = [of(expected), of(actual)];
      return want.join() === have.join() ? [] : [{ graph: JSON.stringify(each), want, have }];
    });
  };
  await until(async () => (await differing()).length === 0, "both to agree").catch(() => {});
  assert.deepEqual(await differing(), []);
  t.diagnostic(`${graphs.length} graphs of owners collected alike; ${(await left(real)).length} objects are left`);
});

function graph(): fc.Arbitrary<Graph> {
  return fc.integer({ min: 2, max: 6 }).chain((size) =>
    fc.record({
      members: fc.tuple(...Array.from({ length: size }, (_, index) => member(index))),
      deleted: fc.nat({ max: size - 1 }),
      policy: fc.constantFrom("Background", "Foreground", "Orphan"),
    }),
  );
}

function member(index: number): fc.Arbitrary<Member> {
  const earlier = Array.from({ length: index }, (_, each) => each);
  return fc.record({
    owners: fc
      .shuffledSubarray(earlier, { maxLength: Math.min(2, index) })
      .chain((chosen) => fc.tuple(...chosen.map((each) => fc.record({ index: fc.constant(each), blocking: fc.boolean() })))),
    isOrphanOfNobody: fc.integer({ min: 0, max: 9 }).map((chance) => chance === 0 && index > 0),
    isHeld: fc.integer({ min: 0, max: 5 }).map((chance) => chance === 0),
  });
}

const nameOf = (graphIndex: number, memberIndex: number) => `g${graphIndex}-m${memberIndex}`;
const absent = { apiVersion: "v1", kind: "ConfigMap", name: "never", uid: "00000000-0000-4000-8000-000000000000" };

async function create(call: Call, index: number, { members }: Graph): Promise<void> {
  const uids: string[] = [];
  for (const [position, { owners, isOrphanOfNobody, isHeld }] of members.entries()) {
    const references = owners.map(({ index: owner, blocking }) => ({
      apiVersion: "v1",
      kind: "ConfigMap",
      name: nameOf(index, owner),
      uid: uids[owner],
      blockOwnerDeletion: blocking,
    }));
    const metadata = {
      name: nameOf(index, position),
      ownerReferences: isOrphanOfNobody ? [...references, absent] : references,
      finalizers: isHeld ? ["oracle.example/hold"] : [],
    };
    const made = await call("POST", collection, { apiVersion: "v1", kind: "ConfigMap", metadata });
    uids.push(made.json.metadata.uid);
  }
}

/** Name, owners, finalizers and whether it is being deleted, one line an object. */
async function left(call: Call): Promise<string[]> {
  const { items } = (await call("GET", collection)).json;
  return items
    .filter(({ metadata }: any) => /^g\d+-/.test(metadata.name))
    .map(({ metadata }: any) => {
      const owners = (metadata.ownerReferences ?? []).map(({ name }: any) => name).sort();
      return `${metadata.name} owners=${owners} finalizers=${metadata.finalizers ?? []} deleting=${metadata.deletionTimestamp !== undefined}`;
    })
    .sort();
}
