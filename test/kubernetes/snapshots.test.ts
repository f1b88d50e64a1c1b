// Lists in pages are of one moment, named moments can be listed while they are kept, and odd revisions are refused.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { memoryStore } from "../../src/store/memory.ts";
import type { Store } from "../../src/store/store.ts";
import { startServer, type TestServer } from "./server-support.ts";

let api: TestServer;
let store: Store;
before(async () => {
  store = memoryStore();
  api = await startServer({ store });
});
after(() => api?.close());

const path = "/api/v1/namespaces/default/configmaps";
const make = (name: string, data = "old") =>
  api.call("POST", path, "admin", {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name, labels: { snapshot: "yes" } },
    data: { is: data },
  });
const list = async (query: string) => (await api.call("GET", `${path}?labelSelector=snapshot%3Dyes${query}`, "admin")).json;
const shown = (answer: any) => answer.items.map((each: any) => `${each.metadata.name}=${each.data.is}`);
const change = (name: string) =>
  api.call("PATCH", `${path}/${name}`, "admin", { data: { is: "new" } }, { "content-type": "application/merge-patch+json" });

test("what changes between two pages is not seen by the second", async () => {
  for (const name of ["s1", "s2", "s3", "s4"]) await make(name);
  const first = await list("&limit=2");
  assert.deepEqual(shown(first), ["s1=old", "s2=old"]);
  await change("s3");
  await api.call("DELETE", `${path}/s4`, "admin");
  await make("s35");
  await make("s5");
  const second = await list(`&limit=1&continue=${first.metadata.continue}`);
  assert.deepEqual(shown(second), ["s3=old"]);
  assert.equal(second.metadata.resourceVersion, first.metadata.resourceVersion);
  const third = await list(`&limit=5&continue=${second.metadata.continue}`);
  assert.deepEqual(shown(third), ["s4=old"]);
  assert.equal(third.metadata.continue, undefined);
  assert.deepEqual(shown(await list("")), ["s1=old", "s2=old", "s3=new", "s35=old", "s5=old"]);
});

test("a named moment is listed exactly, also by name, and also by a limit alone", async () => {
  const { metadata } = await list("");
  const { resourceVersion } = metadata;
  await change("s1");
  const exact = await list(`&resourceVersion=${resourceVersion}&resourceVersionMatch=Exact`);
  assert.equal(exact.metadata.resourceVersion, resourceVersion);
  assert.deepEqual(shown(exact).slice(0, 1), ["s1=old"]);
  assert.deepEqual(shown(await list(`&resourceVersion=${resourceVersion}&resourceVersionMatch=NotOlderThan`)).slice(0, 1), ["s1=new"]);
  assert.deepEqual(shown(await list(`&resourceVersion=${resourceVersion}&limit=1`)), ["s1=old"]);
  const named = await list(`&resourceVersion=${resourceVersion}&resourceVersionMatch=Exact&fieldSelector=metadata.name%3Ds1`);
  assert.deepEqual(shown(named), ["s1=old"]);
});

test("a forgotten moment is 410, with a way to go on from the present", async () => {
  const first = await list("&limit=1");
  await change("s2");
  store.compact(store.revision);
  const gone = await list(`&limit=1&continue=${first.metadata.continue}`);
  assert.equal(gone.code, 410);
  assert.equal(gone.reason, "Expired");
  assert.deepEqual(shown(await list(`&limit=1&continue=${gone.metadata.continue}`)), ["s2=new"]);
  const exact = await list(`&resourceVersion=${first.metadata.resourceVersion}&resourceVersionMatch=Exact`);
  assert.equal(exact.message, "The resourceVersion for the provided list is too old.");
});

const odd: [resourceVersion: string, code: number, message: RegExp][] = [
  ["x", 400, /strconv.ParseUint: parsing "x": invalid syntax/],
  ["18446744073709551616", 400, /strconv.ParseUint: parsing "18446744073709551616": value out of range/],
  ["18446744073709551615", 504, /Too large resource version/],
  ["999999999", 504, /Too large resource version: 999999999, current: /],
];
for (const [resourceVersion, code, message] of odd) {
  test(`resourceVersion ${resourceVersion} is ${code} for lists and watches`, async () => {
    for (const more of ["", "&watch=true"]) {
      const answer = await api.call("GET", `${path}?resourceVersion=${resourceVersion}${more}`, "admin");
      assert.equal(answer.status, code);
      assert.match(answer.json.message, message);
    }
  });
}
