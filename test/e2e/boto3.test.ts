// boto3, unmodified: waiters, paginators, errors.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { startTestAtoll, type TestAtoll } from "../support/atoll.ts";
import { hasBoto3, run } from "../support/run.ts";
import { createNetwork, createRoles } from "../support/scenario.ts";

const PROGRAM = fileURLToPath(new URL("boto3-program.py", import.meta.url));

interface Seen {
  readonly caller: string;
  readonly createdStatus: string;
  readonly waits: Readonly<Record<string, number>>;
  readonly errors: Readonly<Record<string, readonly [string, string, number, string]>>;
  readonly pages: readonly (readonly string[])[];
  readonly cluster: readonly [string, object, string];
  readonly exceptionClass: boolean;
  readonly recorded: number;
  readonly freeBefore: number;
  readonly freeWithNode: number;
  readonly freeAfter: number;
}

describe("boto3", { skip: !(await hasBoto3()) && "needs python3 with boto3" }, () => {
  let atoll: TestAtoll;
  let seen: Seen;

  before(async () => {
    atoll = await startTestAtoll();
    const { subnets } = await createNetwork(atoll.clients.ec2);
    const roles = await createRoles(atoll.clients.iam);
    const result = await run("python3", [PROGRAM, subnets.join(","), roles.cluster, roles.node], { env: atoll.environment() });
    assert.equal(result.code, 0, result.stderr);
    assert.equal(result.stderr, "");
    seen = JSON.parse(result.stdout);
  });
  after(() => atoll?.close());

  test("is who its keys say, and what it does is recorded", () => {
    assert.equal(seen.caller, "arn:aws:iam::111122223333:root");
    assert.equal(seen.recorded, 5);
  });

  test("creates and describes", () => {
    assert.equal(seen.createdStatus, "CREATING");
    assert.deepEqual(seen.cluster, ["ACTIVE", { "made-by": "boto3" }, "datetime"]);
  });

  test("every waiter returns after two looks at most", () => {
    assert.deepEqual(Object.keys(seen.waits), ["cluster_active", "nodegroup_active", "nodegroup_deleted", "cluster_deleted"]);
    for (const [waiter, seconds] of Object.entries(seen.waits)) assert.ok(seconds < 2, `${waiter} took ${seconds} s`);
  });

  test("pages through node groups", () => {
    assert.deepEqual(seen.pages, [["group-0", "group-1"], ["group-2", "group-3"], ["group-4"]]);
  });

  test("a node takes addresses of its subnet, and everything is given back", () => {
    assert.ok(seen.freeWithNode < seen.freeBefore - 2);
    assert.equal(seen.freeAfter, seen.freeBefore);
  });

  test("errors are of the modelled class, with code, status and message", () => {
    assert.deepEqual(seen.errors, {
      missing: ["ResourceNotFoundException", "ResourceNotFoundException", 404, "No cluster found for name: nowhere."],
      exists: ["ResourceInUseException", "ResourceInUseException", 409, "Cluster already exists with name: from-boto3"],
      inUse: ["ResourceInUseException", "ResourceInUseException", 409, "Cluster has nodegroups attached"],
      noRole: ["NoSuchEntityException", "NoSuchEntity", 404, "The role with name nobody cannot be found."],
      noVpc: ["ClientError", "InvalidVpcID.NotFound", 400, "The vpc ID 'vpc-0123456789abcdef0' does not exist"],
    });
    assert.ok(seen.exceptionClass);
  });
});
