// What is kept current agrees with what is counted anew, whatever nodes and pods do.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { KubeObject } from "../api/object.ts";
import { ClusterState } from "./cluster-state.ts";

const zone = "topology.kubernetes.io/zone";

const node = (name: string, place: string | undefined): KubeObject => ({
  apiVersion: "v1",
  kind: "Node",
  metadata: { name, uid: name, resourceVersion: "1", creationTimestamp: "", ...(place ? { labels: { [zone]: place } } : {}) },
  spec: {},
  status: { allocatable: { pods: "10" } },
});

const pod = (uid: string, owner: string | undefined): KubeObject => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: {
    name: uid,
    namespace: "default",
    uid,
    resourceVersion: "1",
    creationTimestamp: "",
    ...(owner ? { ownerReferences: [{ apiVersion: "apps/v1", kind: "ReplicaSet", name: owner, uid: owner, controller: true }] } : {}),
  },
  spec: { containers: [{ name: "c" }] },
});

const name = fc.constantFrom("a", "b", "c");
const owner = fc.constantFrom("x", "y", undefined);
const step = fc.oneof(
  fc.record({ do: fc.constant("node" as const), name, place: fc.constantFrom("1", "2", undefined) }),
  fc.record({ do: fc.constant("gone" as const), name }),
  fc.record({ do: fc.constant("assign" as const), uid: fc.constantFrom("p1", "p2", "p3", "p4"), name, owner }),
  fc.record({ do: fc.constant("unassign" as const), uid: fc.constantFrom("p1", "p2", "p3", "p4") }),
);

test("pods of an owner are counted where they are", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const state = new ClusterState();
      for (const each of steps) {
        if (each.do === "node") state.setNode(node(each.name, each.place));
        else if (each.do === "gone") state.removeNode(each.name);
        else if (each.do === "assign") state.assign(pod(each.uid, each.owner), each.name);
        else state.unassign(each.uid);
        for (const who of ["x", "y"]) {
          const expected = new Map<string, number>();
          for (const info of state.list) {
            const place = info.label(zone);
            const count = [...info.pods.values()].filter((one) => one.owner === who).length;
            if (place !== undefined && count) expected.set(place, (expected.get(place) ?? 0) + count);
          }
          const sorted = (counts: ReadonlyMap<string, number>) => [...counts].sort(([a], [b]) => (a < b ? -1 : 1));
          assert.deepEqual(sorted(state.placesOf(who, zone)), sorted(expected));
        }
      }
    }),
  );
});
