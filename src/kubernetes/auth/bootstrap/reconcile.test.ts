// Bootstrap roles and bindings get back what was taken from them, and keep what was added.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { KubeObject } from "../../api/object.ts";
import { bootstrapBindings, bootstrapRoles } from "./objects.ts";
import { completed } from "./reconcile.ts";

const role = bootstrapRoles(33).find(({ metadata }) => metadata.name === "system:controller:job-controller")!;
const binding = bootstrapBindings(33).find(({ metadata }) => metadata.name === "system:controller:job-controller")!;
const as = (object: object) => object as KubeObject;
const extra = { apiGroups: ["x"], resources: ["y"], verbs: ["get"] };

test("a role that lacks nothing is left alone", () => {
  assert.equal(completed(as(role), role), undefined);
  assert.equal(completed(as({ ...role, rules: [...role.rules, extra] }), role), undefined);
  assert.equal(completed(as({ ...role, rules: [{ apiGroups: ["*"], resources: ["*"], verbs: ["*"] }] }), role), undefined);
});

test("what a role lost comes back, one by one", () => {
  const poorer = { ...role, rules: [...role.rules.slice(1), extra] };
  const rules = completed(as(poorer), role)!.rules as { verbs: string[]; resources: string[] }[];
  assert.deepEqual(rules.slice(0, poorer.rules.length), poorer.rules);
  assert.deepEqual(
    rules.slice(poorer.rules.length).map(({ verbs }) => verbs[0]),
    role.rules[0].verbs,
  );
});

test("subjects come back, others stay", () => {
  const other = { kind: "User", name: "bob", apiGroup: "rbac.authorization.k8s.io" };
  assert.deepEqual(completed(as({ ...binding, subjects: [other] }), binding)!.subjects, [other, ...binding.subjects]);
  assert.equal(completed(as({ ...binding, roleRef: { ...binding.roleRef, name: "view" }, subjects: [] }), binding), undefined);
});

test("nothing is done for aggregated roles and those that are not to be updated", () => {
  const metadata = { ...role.metadata, annotations: { "rbac.authorization.kubernetes.io/autoupdate": "false" } };
  assert.equal(completed(as({ ...role, metadata, rules: [] }), role), undefined);
  const view = bootstrapRoles(33).find((each) => each.metadata.name === "view")!;
  assert.equal(completed(as({ ...view, rules: [] }), view), undefined);
});
