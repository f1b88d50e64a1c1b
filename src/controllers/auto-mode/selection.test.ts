// What selector terms select.
import assert from "node:assert/strict";
import { test } from "node:test";
import { selects, type Term } from "./selection.ts";

const resource = { id: "sg-1", name: "nodes", tags: { team: "blue", tier: "" } };

const cases: readonly [what: string, terms: readonly Term[] | undefined, selected: boolean][] = [
  ["no terms", undefined, false],
  ["an empty list", [], false],
  ["its id", [{ id: "sg-1" }], true],
  ["another id", [{ id: "sg-2" }], false],
  ["its name", [{ name: "nodes" }], true],
  ["another name", [{ name: "pods" }], false],
  ["its tag", [{ tags: { team: "blue" } }], true],
  ["another value", [{ tags: { team: "red" } }], false],
  ["any value of its tag", [{ tags: { tier: "*" } }], true],
  ["any value of a tag it has not", [{ tags: { owner: "*" } }], false],
  ["all tags of a term", [{ tags: { team: "blue", owner: "me" } }], false],
  ["any of several terms", [{ id: "sg-2" }, { tags: { team: "blue" } }], true],
];
for (const [what, terms, selected] of cases) test(what, () => assert.equal(selects(terms, resource), selected));
