import assert from "node:assert/strict";
import { test } from "node:test";
import { deprecationOf, deprecations, deprecationWarning } from "./deprecations.ts";

test("flow control's last beta is what Kubernetes drops among the versions offered", () => {
  const gone = [...deprecations(31).values()].map(({ group, version, plural, removedIn, replacedIn }) => [
    `${group}/${version}/${plural}`,
    removedIn,
    replacedIn,
  ]);
  assert.deepEqual(gone, [
    ["flowcontrol.apiserver.k8s.io/v1beta3/flowschemas", 32, 29],
    ["flowcontrol.apiserver.k8s.io/v1beta3/prioritylevelconfigurations", 32, 29],
  ]);
  for (const minor of [32, 33, 34, 35, 36]) assert.equal(deprecations(minor).size, 0, `1.${minor}`);
});

test("the warning is the API server's", () => {
  const found = deprecationOf(30, { group: "flowcontrol.apiserver.k8s.io", version: "v1beta3", plural: "flowschemas" });
  assert.equal(
    deprecationWarning(found!),
    "flowcontrol.apiserver.k8s.io/v1beta3 FlowSchema is deprecated in v1.29+, unavailable in v1.32+; use flowcontrol.apiserver.k8s.io/v1 FlowSchema",
  );
  assert.equal(deprecationOf(30, { group: "apps", version: "v1", plural: "deployments" }), undefined);
});
