// Whatever pods, failures and restarts come: VLAN ids are held once, the limit holds, and nothing is left after the cool-down.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { AwsError } from "../../src/aws/errors.ts";
import { BranchSet } from "../../src/cni/branch/branch-set.ts";
import type { BranchDetails } from "../../src/cni/branch/pod-annotation.ts";
import { FakeControllerEc2 } from "./fake-controller-ec2.ts";

const CAPACITY = 5;
const COOLDOWN = 60_000;

type Step =
  | { readonly kind: "allocate"; readonly pod: number; readonly count: number }
  | { readonly kind: "release" | "revoke"; readonly pod: number }
  | { readonly kind: "pass"; readonly seconds: number }
  | { readonly kind: "fail"; readonly operation: string }
  | { readonly kind: "restart" };

const pod = fc.integer({ min: 0, max: 7 });
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant("allocate" as const), pod, count: fc.integer({ min: 1, max: 2 }) }) },
  { weight: 5, arbitrary: fc.record({ kind: fc.constantFrom("release" as const, "revoke" as const), pod }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("pass" as const), seconds: fc.integer({ min: 1, max: 90 }) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("fail" as const),
      operation: fc.constantFrom("create", "associate", "delete", "disassociate"),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("restart" as const) }) },
);

/** A controller's life: what pods know of, and the set that is rebuilt from it. */
class Life {
  readonly ec2 = new FakeControllerEc2();
  readonly annotated = new Map<string, readonly BranchDetails[]>();
  set = this.#newSet();
  now = 0;

  #newSet(): BranchSet {
    const network = { subnetId: "subnet-1", groups: ["sg-node"] };
    const blocks = { cidr: "10.0.3.0/24", cidr6: "" };
    return new BranchSet({ ec2: this.ec2, clusterName: "dev", instanceId: "i-1", trunkId: "eni-t", network, blocks, capacity: CAPACITY });
  }

  async take(action: Step): Promise<void> {
    if (action.kind === "allocate") {
      const uid = `p${action.pod}`;
      await this.set.allocate(uid, [], action.count).then(
        (branches) => void this.annotated.set(uid, branches),
        () => {},
      );
    } else if (action.kind === "release" || action.kind === "revoke") {
      const uid = `p${action.pod}`;
      if (action.kind === "release") this.set.release(uid, this.now);
      else this.set.revoke(uid);
      this.annotated.delete(uid);
    } else if (action.kind === "pass") {
      this.now += action.seconds * 1000;
      await this.set.collect(this.now, COOLDOWN);
    } else if (action.kind === "fail") {
      let left = 1;
      this.ec2.fail = (operation) => {
        if (operation === action.operation && left-- > 0) throw new AwsError("InternalError", "no");
      };
    } else {
      this.set = this.#newSet();
      for (const [uid, branches] of this.annotated) this.set.adopt(uid, branches);
      await this.set.reconcile();
    }
  }

  check(): void {
    const held = [...this.annotated.values()].flat();
    const vlans = held.map(({ vlanId }) => vlanId);
    assert.equal(new Set(vlans).size, vlans.length, "a VLAN id is held once");
    assert.ok(held.length <= CAPACITY);
    for (const { eniId } of held) assert.ok(this.ec2.made.has(eniId), "what a pod holds is there");
    const known = new Set([...held.map(({ eniId }) => eniId), ...this.set.doomed]);
    for (const id of this.ec2.made.keys()) assert.ok(known.has(id), `${id} is known`);
  }
}

test("random lives", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
      const life = new Life();
      for (const each of steps) {
        await life.take(each);
        life.check();
      }
      life.ec2.fail = () => {};
      for (const uid of life.set.pods) life.set.release(uid, life.now);
      await life.set.collect(life.now + COOLDOWN, COOLDOWN);
      assert.deepEqual([...life.ec2.made.keys()], [], "nothing is left");
      assert.deepEqual(life.set.doomed, []);
    }),
    { seed: 7, numRuns: 3000 },
  );
});
