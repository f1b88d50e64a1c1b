import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { ConfigError, readConfig } from "./config.ts";

test("flags win over the environment, the environment over the file, the file over defaults", () => {
  const dataDir = mkdtempSync(join(tmpdir(), "atoll-config-"));
  try {
    writeFileSync(join(dataDir, "config.json"), JSON.stringify({ port: 1, tlsPort: 2, region: "eu-west-1" }));
    const config = readConfig({ port: 3 }, { ATOLL_DATA_DIR: dataDir, ATOLL_PORT: "4", ATOLL_TLS_PORT: "5" });
    assert.deepEqual([config.port, config.tlsPort, config.region, config.account], [3, 5, "eu-west-1", "111122223333"]);
    assert.equal(config.dataDir, dataDir);
  } finally {
    rmSync(dataDir, { recursive: true });
  }
});

for (const [flags, message] of [
  [{ port: "x" }, /setting port/],
  [{ port: 70_000 }, /setting port/],
  [{ account: "12" }, /setting account: an AWS account id has twelve digits/],
  [{ region: "mars" }, /setting region: not the name of an AWS region/],
  [{ timing: "slow" }, /setting timing/],
  [{ cniSockets: `/${"d".repeat(100)}` }, /setting cniSockets: the path of a Unix socket may not be that long/],
  [{ nonsense: 1 }, /setting nonsense/],
] as const) {
  test(`refuses ${JSON.stringify(flags)}`, () => {
    assert.throws(
      () => readConfig(flags as object, { ATOLL_DATA_DIR: "/nonexistent" }),
      (error) => error instanceof ConfigError && message.test(error.message),
    );
  });
}

test("says which file is not JSON", () => {
  const dataDir = mkdtempSync(join(tmpdir(), "atoll-config-"));
  try {
    writeFileSync(join(dataDir, "config.json"), "{");
    assert.throws(() => readConfig({ dataDir }, {}), /config\.json is not JSON/);
  } finally {
    rmSync(dataDir, { recursive: true });
  }
});
