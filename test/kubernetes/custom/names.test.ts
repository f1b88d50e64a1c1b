// Names of definitions: who gets them, what those that do not get them are told, and when they get them after all.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { startServer, type TestServer } from "../server-support.ts";
import { definition } from "./definition-cases.ts";

const crds = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
const merge = { "content-type": "application/merge-patch+json" };
let api: TestServer;

before(async () => {
  api = await startServer();
});
after(() => api?.close());

/** Every test has a group of its own. */
let groups = 0;
const newGroup = () => `g${++groups}.example`;

async function create(group: string, names: { plural: string; kind: string; [name: string]: unknown }): Promise<any> {
  const body = definition();
  body.metadata.name = `${names.plural}.${group}`;
  Object.assign(body.spec, { group, names });
  const answer = await api.call("POST", crds, "admin", body);
  assert.equal(answer.status, 201, answer.text);
  return answer.json;
}

const read = async (name: string) => (await api.call("GET", `${crds}/${name}`, "admin")).json;
const condition = (object: any, type: string) => {
  const { status, reason, message } = object.status.conditions.find((each: any) => each.type === type);
  return [status, reason, message];
};
const accepted = ["True", "NoConflicts", "no conflicts found"];
const established = ["True", "InitialNamesAccepted", "the initial names have been accepted"];
const waiting = ["False", "NotAccepted", "not all names are accepted"];
const served = async (group: string, plural: string) =>
  (await api.call("GET", `/apis/${group}/v1/namespaces/default/${plural}`, "admin")).status;

const gizmo = { plural: "gizmos", singular: "gizmo", kind: "Gizmo", listKind: "GizmoList", shortNames: ["gz", "giz"] };
const conflicts: [string, object, string, string, object][] = [
  [
    "plural",
    { plural: "gizmo", kind: "Other" },
    "PluralConflict",
    '"gizmo" is already in use',
    { kind: "Other", listKind: "OtherList", plural: "", singular: "other" },
  ],
  [
    "singular",
    { plural: "others", singular: "gizmos", kind: "Other" },
    "SingularConflict",
    '"gizmos" is already in use',
    { kind: "Other", listKind: "OtherList", plural: "others" },
  ],
  [
    "short names",
    { plural: "others", kind: "Other", shortNames: ["o", "gz", "giz"] },
    "ShortNamesConflict",
    '["gz" is already in use, "giz" is already in use]',
    { kind: "Other", listKind: "OtherList", plural: "others", singular: "other" },
  ],
  [
    "one short name",
    { plural: "others", kind: "Other", shortNames: ["gz"] },
    "ShortNamesConflict",
    '"gz" is already in use',
    { kind: "Other", listKind: "OtherList", plural: "others", singular: "other" },
  ],
  [
    "kind",
    { plural: "others", singular: "other", kind: "Gizmo", listKind: "Others", categories: ["all"] },
    "KindConflict",
    '"Gizmo" is already in use',
    { categories: ["all"], kind: "", listKind: "Others", plural: "others", singular: "other" },
  ],
  [
    "listKind",
    { plural: "others", kind: "Other", listKind: "GizmoList" },
    "ListKindConflict",
    '"GizmoList" is already in use',
    { kind: "Other", plural: "others", singular: "other" },
  ],
  [
    "kind and listKind: the last is told",
    { plural: "others", singular: "other", kind: "Gizmo" },
    "ListKindConflict",
    '"GizmoList" is already in use',
    { kind: "", plural: "others", singular: "other" },
  ],
];
for (const [title, names, reason, message, got] of conflicts) {
  test(`conflict: ${title}`, async () => {
    const group = newGroup();
    await create(group, gizmo);
    const { plural } = names as { plural: string };
    const made = await create(group, names as never);
    assert.deepEqual(condition(made, "NamesAccepted"), ["False", reason, message]);
    assert.deepEqual(condition(made, "Established"), waiting);
    assert.deepEqual(made.status.acceptedNames, got);
    assert.equal(await served(group, plural), 404);
    const { resources } = (await api.call("GET", `/apis/${group}/v1`, "admin")).json;
    assert.deepEqual(
      resources.map(({ name }: { name: string }) => name),
      ["gizmos"],
    );
  });
}

test("names are a group's own", async () => {
  await create(newGroup(), gizmo);
  const made = await create(newGroup(), gizmo);
  assert.deepEqual(condition(made, "NamesAccepted"), accepted);
  assert.deepEqual(condition(made, "Established"), established);
  assert.deepEqual(made.status.acceptedNames, gizmo);
});

test("names of a deleted definition go to the oldest that waits", async () => {
  const group = newGroup();
  await create(group, gizmo);
  await create(group, { plural: "second", kind: "Gizmo" });
  await create(group, { plural: "third", kind: "Gizmo" });
  assert.equal((await api.call("DELETE", `${crds}/gizmos.${group}`, "admin")).status, 200);
  await until(async () => (await api.call("GET", `${crds}/gizmos.${group}`, "admin")).status === 404);
  const second = await read(`second.${group}`);
  const third = await read(`third.${group}`);
  const [winner, loser] = condition(second, "Established")[0] === "True" ? [second, third] : [third, second];
  assert.deepEqual(condition(winner, "NamesAccepted"), accepted);
  assert.deepEqual(condition(winner, "Established"), established);
  assert.deepEqual(condition(loser, "Established"), waiting);
  const { plural } = winner.spec.names;
  assert.equal(await served(group, plural), 200);
  const { resources } = (await api.call("GET", `/apis/${group}/v1`, "admin")).json;
  assert.deepEqual(
    resources.map(({ name, kind }: any) => [name, kind]),
    [[plural, "Gizmo"]],
  );
  const { paths } = (await api.call("GET", `/openapi/v3/apis/${group}/v1`, "admin")).json;
  assert.ok(paths[`/apis/${group}/v1/namespaces/{namespace}/${plural}`]);
});

test("names that are given up are free", async () => {
  const group = newGroup();
  await create(group, gizmo);
  await create(group, { plural: "others", kind: "Other", shortNames: ["gz"] });
  const patch = { spec: { names: { shortNames: ["giz"] } } };
  assert.equal((await api.call("PATCH", `${crds}/gizmos.${group}`, "admin", patch, merge)).status, 200);
  const other = await read(`others.${group}`);
  assert.deepEqual(condition(other, "NamesAccepted"), accepted);
  assert.deepEqual(condition(other, "Established"), established);
  assert.deepEqual(other.status.acceptedNames.shortNames, ["gz"]);
});

test("what is served stays served under the names it has", async () => {
  const group = newGroup();
  await create(group, gizmo);
  await create(group, { plural: "others", kind: "Other", shortNames: ["o"] });
  const answer = await api.call("PATCH", `${crds}/others.${group}`, "admin", { spec: { names: { shortNames: ["o", "gz"] } } }, merge);
  assert.deepEqual(condition(answer.json, "NamesAccepted"), ["False", "ShortNamesConflict", '"gz" is already in use']);
  assert.deepEqual(condition(answer.json, "Established"), established);
  assert.deepEqual(answer.json.status.acceptedNames.shortNames, ["o"]);
  assert.equal(await served(group, "others"), 200);
});

/** Waits for what happens after an answer, without a clock: the server has one thread. */
async function until(holds: () => Promise<boolean>): Promise<void> {
  for (let attempt = 0; attempt < 50; attempt++) if (await holds()) return;
  assert.fail("waited in vain");
}
