// Strategic merge beside kubectl's own, `kubectl patch --local`: the same object, or a refusal by both.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { PatchError } from "../../src/kubernetes/patch/json-patch.ts";
import { applyStrategicMerge } from "../../src/kubernetes/patch/strategic-merge.ts";
import { schemaOf } from "../../src/kubernetes/schema/types.ts";
import { structNode } from "../../src/kubernetes/server/built-in-type.ts";
import { kubectl } from "../support/kubectl.ts";

const tool = kubectl("35");
let folder: string;
before(() => {
  folder = mkdtempSync(join(tmpdir(), "atoll-strategic-"));
});
after(() => rmSync(folder, { recursive: true, force: true }));

/** What kubectl makes of it; undefined where it refuses. */
function oracle(index: number, original: object, patch: object): Promise<unknown> {
  const file = join(folder, `${index}.json`);
  writeFileSync(file, JSON.stringify(original));
  const args = ["patch", "--local", "--type=strategic", "-o", "json", "-f", file, "-p", JSON.stringify(patch)];
  return new Promise((resolve) =>
    execFile(tool as string, args, { env: { KUBECONFIG: "/dev/null", HOME: folder } }, (error, out) =>
      resolve(error ? undefined : JSON.parse(out)),
    ),
  );
}

/** As the decoding into the object leaves it: kubectl keeps nulls and directives in some corners, no type has a place for them. */
function decoded(value: any): any {
  if (Array.isArray(value)) return value.map(decoded);
  if (typeof value !== "object" || value === null) return value;
  const kept = Object.entries(value).filter(([key, member]) => member !== null && !key.startsWith("$"));
  return Object.fromEntries(kept.map(([key, member]) => [key, decoded(member)]));
}

type Case = [name: string, original: object, patch: object];
const pod = (spec: object, metadata: object = {}) => ({ apiVersion: "v1", kind: "Pod", metadata: { name: "p", ...metadata }, spec });
const box = (name: string, more: object = {}) => ({ name, image: name, ...more });
const deployment = (spec: object) => ({ apiVersion: "apps/v1", kind: "Deployment", metadata: { name: "d" }, spec });
const service = (ports: object[]) => ({ apiVersion: "v1", kind: "Service", metadata: { name: "s" }, spec: { ports } });
const env = (...names: string[]) => names.map((name) => ({ name, value: name }));
const a = { containers: [box("a")] };
const abc = { containers: [box("a"), box("b"), box("c")] };
const held = (...finalizers: string[]) => pod(a, { finalizers });
const orders = (...names: string[]) => names.map((name) => ({ name }));
const rolling = { strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: 1 } } };
const disk = { volumes: [{ name: "v", emptyDir: { medium: "Memory" } }] };

const cases: Case[] = [
  // Maps
  ["a scalar is set", pod(a), { spec: { nodeName: "n" } }],
  ["a scalar is replaced", pod({ ...a, nodeName: "m" }), { spec: { nodeName: "n" } }],
  ["null removes a scalar", pod({ ...a, nodeName: "m" }), { spec: { nodeName: null } }],
  ["null removes what is not there", pod(a), { spec: { nodeName: null } }],
  ["null removes a map", pod({ ...a, nodeSelector: { x: "1" } }), { spec: { nodeSelector: null } }],
  ["null removes a list", pod(abc), { spec: { containers: null } }],
  ["an empty patch", pod(abc), {}],
  ["an empty map", pod({ ...a, nodeSelector: { x: "1" } }), { spec: { nodeSelector: {} } }],
  ["map entries merge", pod(a, { labels: { x: "1", y: "2" } }), { metadata: { labels: { y: "3", z: "4" } } }],
  ["map entries go with null", pod(a, { labels: { x: "1", y: "2" } }), { metadata: { labels: { y: null, z: "4" } } }],
  ["null inside a new map", pod(a), { metadata: { labels: { y: null, z: "4" } } }],
  ["null inside a new list item", pod(a), { spec: { containers: [{ name: "b", image: null, command: ["x"] }] } }],
  ["null inside a new nested map", pod(a), { spec: { securityContext: { runAsUser: null, seLinuxOptions: { level: null } } } }],
  ["a map becomes a scalar", pod({ ...a, nodeSelector: { x: "1" } }), { spec: { nodeSelector: "x" } }],
  ["a scalar becomes a map", pod({ ...a, nodeName: "x" }), { spec: { nodeName: { x: "1" } } }],
  ["a field nobody knows", pod(a), { spec: { unknownField: { x: 1 } } }],
  ["$patch: replace of a map", pod({ ...a, nodeSelector: { x: "1" } }), { spec: { nodeSelector: { $patch: "replace", y: "2" } } }],
  ["$patch: replace of a map by nothing", pod({ ...a, nodeSelector: { x: "1" } }), { spec: { nodeSelector: { $patch: "replace" } } }],
  ["$patch: replace where nothing is", pod(a), { spec: { nodeSelector: { $patch: "replace", y: "2" } } }],
  ["$patch: delete of a map", pod({ ...a, nodeSelector: { x: "1" } }), { spec: { nodeSelector: { $patch: "delete" } } }],
  ["$patch: delete of a map that is not there", pod(a), { spec: { nodeSelector: { $patch: "delete" } } }],
  ["$patch: merge of a map", pod({ ...a, nodeSelector: { x: "1" } }), { spec: { nodeSelector: { $patch: "merge", y: "2" } } }],
  ["$patch: merge where nothing is", pod(a), { spec: { nodeSelector: { $patch: "merge", y: "2" } } }],
  ["an unknown $patch", pod({ ...a, nodeSelector: { x: "1" } }), { spec: { nodeSelector: { $patch: "turn" } } }],
  ["$patch that is no word", pod({ ...a, nodeSelector: { x: "1" } }), { spec: { nodeSelector: { $patch: 1 } } }],
  [
    "null under $patch: replace",
    pod({ ...a, nodeSelector: { x: "1" } }),
    { spec: { nodeSelector: { $patch: "replace", y: null, z: "1" } } },
  ],
  // Lists by merge key
  ["an item merges", pod(abc), { spec: { containers: [{ name: "b", image: "n" }] } }],
  ["an item is added", pod(abc), { spec: { containers: [box("d")] } }],
  ["items merge and are added", pod(abc), { spec: { containers: [box("d"), { name: "a", image: "n" }, box("e")] } }],
  ["an item without its key", pod(abc), { spec: { containers: [{ image: "n" }] } }],
  ["a member of an item goes with null", pod(abc), { spec: { containers: [{ name: "a", image: null }] } }],
  ["an empty list", pod(abc), { spec: { containers: [] } }],
  ["a list where none is", pod(a), { spec: { initContainers: [box("i")] } }],
  ["an item is deleted", pod(abc), { spec: { containers: [{ name: "b", $patch: "delete" }] } }],
  ["an item that is not there is deleted", pod(abc), { spec: { containers: [{ name: "x", $patch: "delete" }] } }],
  ["the last item is deleted", pod(a), { spec: { containers: [{ name: "a", $patch: "delete" }] } }],
  ["a deletion without key", pod(abc), { spec: { containers: [{ $patch: "delete" }] } }],
  ["a deletion where no list is", pod(a), { spec: { initContainers: [{ name: "a", $patch: "delete" }] } }],
  ["a deletion and an addition where no list is", pod(a), { spec: { initContainers: [{ name: "a", $patch: "delete" }, box("b")] } }],
  ["an item is deleted and added", pod(abc), { spec: { containers: [{ name: "b", $patch: "delete" }, box("b", { tty: true })] } }],
  ["a list is replaced", pod(abc), { spec: { containers: [{ $patch: "replace" }, box("z")] } }],
  ["a list is replaced, said last", pod(abc), { spec: { containers: [box("z"), { $patch: "replace" }] } }],
  ["a list is replaced by nothing", pod(abc), { spec: { containers: [{ $patch: "replace" }] } }],
  ["a list is replaced where none is", pod(a), { spec: { initContainers: [{ $patch: "replace" }, box("z")] } }],
  ["$patch: merge in a list", pod(abc), { spec: { containers: [{ $patch: "merge", name: "a", image: "n" }] } }],
  ["an unknown $patch in a list", pod(abc), { spec: { containers: [{ $patch: "turn", name: "a" }] } }],
  [
    "$patch: replace inside an item",
    pod(abc),
    { spec: { containers: [{ name: "a", resources: { $patch: "replace", limits: { cpu: 1 } } }] } },
  ],
  [
    "lists in lists",
    pod({ containers: [box("a", { env: env("x", "y") })] }),
    { spec: { containers: [{ name: "a", env: [{ name: "y", value: "n" }, { name: "z" }] }] } },
  ],
  [
    "deletion in a list in a list",
    pod({ containers: [box("a", { env: env("x", "y") })] }),
    { spec: { containers: [{ name: "a", env: [{ name: "y", $patch: "delete" }] }] } },
  ],
  [
    "replacement in a list in a list",
    pod({ containers: [box("a", { env: env("x", "y") })] }),
    { spec: { containers: [{ name: "a", env: [{ $patch: "replace" }, { name: "z" }] }] } },
  ],
  [
    "keys that are numbers",
    service([{ port: 80, name: "h" }, { port: 443 }]),
    { spec: { ports: [{ port: 80, targetPort: 8080 }, { port: 1 }] } },
  ],
  [
    "two items of one key",
    service([
      { port: 53, protocol: "UDP" },
      { port: 53, protocol: "TCP" },
    ]),
    { spec: { ports: [{ port: 53, protocol: "TCP", nodePort: 30053 }] } },
  ],
  [
    "deletion of two items of one key",
    service([
      { port: 53, protocol: "UDP" },
      { port: 53, protocol: "TCP" },
    ]),
    { spec: { ports: [{ port: 53, $patch: "delete" }] } },
  ],
  ["a key of the other type", service([{ port: 80 }]), { spec: { ports: [{ port: "80", name: "x" }] } }],
  // Lists that are replaced as a whole
  [
    "an atomic list of words",
    pod({ containers: [box("a", { command: ["x", "y"] })] }),
    { spec: { containers: [{ name: "a", command: ["z"] }] } },
  ],
  ["an atomic list of maps", pod({ ...a, tolerations: [{ key: "x" }] }), { spec: { tolerations: [{ key: "y" }] } }],
  [
    "a directive in an atomic list",
    pod({ ...a, tolerations: [{ key: "x" }] }),
    { spec: { tolerations: [{ $patch: "replace" }, { key: "y" }] } },
  ],
  ["a list becomes a map", pod(abc), { spec: { containers: { name: "a" } } }],
  ["null in an atomic list", pod({ ...a, tolerations: [{ key: "x" }] }), { spec: { tolerations: [{ key: "y", value: null }] } }],
  // Lists of scalars that merge
  ["scalars are added", held("x.y/a", "x.y/b"), { metadata: { finalizers: ["x.y/c"] } }],
  ["scalars are not added twice", held("x.y/a", "x.y/b"), { metadata: { finalizers: ["x.y/b", "x.y/c"] } }],
  ["scalars are deleted", held("x.y/a", "x.y/b"), { metadata: { "$deleteFromPrimitiveList/finalizers": ["x.y/a"] } }],
  ["all scalars are deleted", held("x.y/a"), { metadata: { "$deleteFromPrimitiveList/finalizers": ["x.y/a"] } }],
  ["scalars that are not there are deleted", held("x.y/a"), { metadata: { "$deleteFromPrimitiveList/finalizers": ["x.y/z"] } }],
  ["scalars are deleted where no list is", pod(a), { metadata: { "$deleteFromPrimitiveList/finalizers": ["x.y/z"] } }],
  [
    "scalars are deleted and added",
    held("x.y/a", "x.y/b"),
    { metadata: { "$deleteFromPrimitiveList/finalizers": ["x.y/a"], finalizers: ["x.y/c"] } },
  ],
  ["scalars deleted by what is no list", held("x.y/a"), { metadata: { "$deleteFromPrimitiveList/finalizers": "x.y/a" } }],
  ["scalars in order", held("x.y/a", "x.y/b", "x.y/c"), { metadata: { "$setElementOrder/finalizers": ["x.y/c", "x.y/b"] } }],
  [
    "scalars in order with an addition",
    held("x.y/a", "x.y/b"),
    { metadata: { "$setElementOrder/finalizers": ["x.y/c", "x.y/b", "x.y/a"], finalizers: ["x.y/c"] } },
  ],
  [
    "scalars in order with a deletion",
    held("x.y/a", "x.y/b", "x.y/c"),
    { metadata: { "$setElementOrder/finalizers": ["x.y/c", "x.y/b"], "$deleteFromPrimitiveList/finalizers": ["x.y/a"] } },
  ],
  // Order
  ["order alone", pod(abc), { spec: { "$setElementOrder/containers": orders("c", "a", "b") } }],
  [
    "order with a change",
    pod(abc),
    { spec: { "$setElementOrder/containers": orders("c", "a", "b"), containers: [{ name: "a", image: "n" }] } },
  ],
  [
    "order with an addition first",
    pod(abc),
    { spec: { "$setElementOrder/containers": orders("z", "a", "b", "c"), containers: [box("z")] } },
  ],
  [
    "order with an addition between",
    pod(abc),
    { spec: { "$setElementOrder/containers": orders("a", "z", "b", "c"), containers: [box("z")] } },
  ],
  [
    "order with a deletion",
    pod(abc),
    { spec: { "$setElementOrder/containers": orders("c", "a"), containers: [{ name: "b", $patch: "delete" }] } },
  ],
  ["order that leaves out the server's", pod(abc), { spec: { "$setElementOrder/containers": orders("c", "a") } }],
  [
    "order that leaves out two of the server's",
    pod({ containers: [...abc.containers, box("d")] }),
    { spec: { "$setElementOrder/containers": orders("d", "b") } },
  ],
  ["order that names what is not there", pod(abc), { spec: { "$setElementOrder/containers": orders("x", "c", "a", "b") } }],
  [
    "order that lacks a changed item",
    pod(abc),
    { spec: { "$setElementOrder/containers": orders("c", "a"), containers: [{ name: "b", image: "n" }] } },
  ],
  [
    "order against the patch's own",
    pod(abc),
    {
      spec: {
        "$setElementOrder/containers": orders("b", "a"),
        containers: [
          { name: "a", image: "n" },
          { name: "b", image: "n" },
        ],
      },
    },
  ],
  ["order of a list that is not there", pod(a), { spec: { "$setElementOrder/initContainers": orders("i"), initContainers: [box("i")] } }],
  ["order of nothing", pod(abc), { spec: { "$setElementOrder/containers": [] } }],
  ["order that is no list", pod(abc), { spec: { "$setElementOrder/containers": "a" } }],
  [
    "order and replacement",
    pod(abc),
    { spec: { "$setElementOrder/containers": orders("y", "z"), containers: [{ $patch: "replace" }, box("z"), box("y")] } },
  ],
  [
    "order in a list in a list",
    pod({ containers: [box("a", { env: env("x", "y") })] }),
    { spec: { containers: [{ name: "a", "$setElementOrder/env": orders("y", "x") }] } },
  ],
  // Retained keys
  ["$retainKeys alone", deployment(rolling), { spec: { strategy: { $retainKeys: ["type"] } } }],
  ["$retainKeys with a change", deployment(rolling), { spec: { strategy: { $retainKeys: ["type"], type: "Recreate" } } }],
  ["$retainKeys lacks a key", deployment(rolling), { spec: { strategy: { $retainKeys: ["rollingUpdate"], type: "Recreate" } } }],
  ["$retainKeys with null", deployment(rolling), { spec: { strategy: { $retainKeys: ["type"], type: "Recreate", rollingUpdate: null } } }],
  ["$retainKeys where nothing is", deployment({}), { spec: { strategy: { $retainKeys: ["type"], type: "Recreate" } } }],
  ["$retainKeys that is no list", deployment(rolling), { spec: { strategy: { $retainKeys: "type" } } }],
  [
    "$retainKeys in a list item",
    pod({ ...a, ...disk }),
    { spec: { volumes: [{ name: "v", $retainKeys: ["name", "hostPath"], hostPath: { path: "/" } }] } },
  ],
  ["a new volume source without $retainKeys", pod({ ...a, ...disk }), { spec: { volumes: [{ name: "v", hostPath: { path: "/" } }] } }],
  // Deep in templates
  [
    "a template's containers",
    deployment({ template: { spec: abc } }),
    { spec: { template: { spec: { containers: [{ name: "b", image: "n" }] } } } },
  ],
  [
    "a template's annotations",
    deployment({ template: { metadata: { annotations: { x: "1" } } } }),
    { spec: { template: { metadata: { annotations: { x: null, y: "2" } } } } },
  ],
  [
    "ports by number",
    pod({ containers: [box("a", { ports: [{ containerPort: 80 }] })] }),
    { spec: { containers: [{ name: "a", ports: [{ containerPort: 80, name: "h" }, { containerPort: 81 }] }] } },
  ],
  [
    "mounts by path",
    pod({ containers: [box("a", { volumeMounts: [{ name: "v", mountPath: "/a" }] })] }),
    { spec: { containers: [{ name: "a", volumeMounts: [{ name: "v", mountPath: "/b" }] }] } },
  ],
];

test("strategic merge as kubectl does it", { concurrency: 2 }, async (t) => {
  if (!tool) return t.skip("needs kubectl");
  await Promise.all(
    cases.map(([name, original, patch], index) =>
      t.test(name, async () => {
        const { apiVersion, kind } = original as { apiVersion: string; kind: string };
        const type = structNode(schemaOf(apiVersion, kind) as never);
        let ours: unknown;
        try {
          ours = applyStrategicMerge(structuredClone(original) as never, patch as never, type);
        } catch (error) {
          assert.ok(error instanceof PatchError, String(error));
        }
        const theirs = await oracle(index, original, patch);
        assert.deepEqual(ours, decoded(theirs));
      }),
    ),
  );
});
