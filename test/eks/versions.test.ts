// DescribeClusterVersions on and around the dates when support changes (spec eks-control-plane §5.9, §20).
import assert from "node:assert/strict";
import { test } from "node:test";
import { FakeClock } from "../../src/base/clock.ts";
import { createWorld, refusal } from "./world.ts";

const at = async (date: string, input: object = {}) => {
  const world = createWorld({ clock: new FakeClock(date) });
  const { clusterVersions } = await world.eks("DescribeClusterVersions", input);
  world.close();
  return clusterVersions!;
};

test("a version's support ends at midnight of its date", async () => {
  const phase = async (date: string) =>
    (await at(date, { includeAll: true })).find((version) => version.clusterVersion === "1.34")?.versionStatus;
  assert.equal(await phase("2025-10-01T23:59:59Z"), undefined);
  assert.equal(await phase("2025-10-02T00:00:00Z"), "STANDARD_SUPPORT");
  assert.equal(await phase("2026-12-01T23:59:59Z"), "STANDARD_SUPPORT");
  assert.equal(await phase("2026-12-02T00:00:00Z"), "EXTENDED_SUPPORT");
  assert.equal(await phase("2027-12-02T00:00:00Z"), "UNSUPPORTED");
});

test("newest first; unsupported ones only when asked for", async () => {
  const names = (versions: { clusterVersion?: string | undefined }[]) => versions.map((version) => version.clusterVersion);
  assert.deepEqual(names(await at("2026-05-01T00:00:00Z")), ["1.35", "1.34", "1.33", "1.32", "1.31", "1.30"]);
  assert.ok(names(await at("2026-05-01T00:00:00Z", { includeAll: true })).includes("1.29"));
  assert.deepEqual(names(await at("2026-05-01T00:00:00Z", { versionStatus: "UNSUPPORTED" })), ["1.29"]);
  assert.deepEqual(names(await at("2026-05-01T00:00:00Z", { status: "extended-support" })), ["1.32", "1.31", "1.30"]);
  assert.deepEqual(names(await at("2026-05-01T00:00:00Z", { defaultOnly: true })), ["1.34"]);
  assert.deepEqual(names(await at("2026-05-01T00:00:00Z", { clusterVersions: ["1.33"] })), ["1.33"]);
});

test("both forms of the status filter at once are refused", async () => {
  const world = createWorld();
  const error = await refusal(world.eks("DescribeClusterVersions", { status: "unsupported", versionStatus: "UNSUPPORTED" }));
  assert.equal(error.code, "InvalidParameterException");
  world.close();
});

test("at most one version is the default, at any time", async () => {
  for (const date of ["2024-06-01", "2025-06-01", "2026-05-01", "2027-11-30", "2028-02-01"]) {
    const defaults = (await at(`${date}T00:00:00Z`)).filter((version) => version.defaultVersion);
    assert.equal(defaults.length, 1, date);
  }
});
