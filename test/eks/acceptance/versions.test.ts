// Kubernetes versions: up, back, and how long each is offered (acceptance items 11, 24).
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import {
  CancelUpdateCommand,
  CreateClusterCommand,
  CreateNodegroupCommand,
  DescribeClusterVersionsCommand,
  type DescribeClusterVersionsRequest,
  ListInsightsCommand,
  StartInsightsRefreshCommand,
  UpdateClusterConfigCommand,
  UpdateClusterVersionCommand,
  type UpdateClusterVersionRequest,
  UpdateNodegroupVersionCommand,
  waitUntilNodegroupActive,
} from "@aws-sdk/client-eks";
import { trust } from "../../support/policies.ts";
import { createRole } from "../../support/scenario.ts";
import { eventually } from "../../support/wait.ts";
import { DAY, refused, type Stage, startStage } from "./stage.ts";

let stage: Stage;
before(async () => {
  stage = await startStage();
});
after(() => stage?.close());

const to = (name: string, version: string, more: Partial<UpdateClusterVersionRequest> = {}) =>
  stage.eks.send(new UpdateClusterVersionCommand({ name, version, ...more }));
const moved = async (name: string, version: string, more: Partial<UpdateClusterVersionRequest> = {}) => {
  const { update } = await to(name, version, more);
  await stage.succeeded(name, update);
  assert.equal((await stage.active(name)).version, version);
  return update!;
};

describe("11 Versions", () => {
  test("go up one at a time; two, patches, the same and unknown ones are refused", async () => {
    await stage.create("up", { version: "1.32" });
    await refused(to("up", "1.34"), "InvalidParameterException", "Unsupported Kubernetes minor version update from 1.32 to 1.34");
    await refused(to("up", "1.33.8"), "InvalidParameterException", "unsupported Kubernetes version 1.33.8");
    await refused(to("up", "1.99"), "InvalidParameterException", "unsupported Kubernetes version 1.99");
    await refused(to("up", "1.32"), "InvalidParameterException", /already at/);
    const creation = stage.eks.send(new CreateClusterCommand(stage.request("patch", { version: "1.31.2" })));
    await refused(creation, "InvalidParameterException", "unsupported Kubernetes version 1.31.2");
    const update = await moved("up", "1.33");
    assert.equal(update.type, "VersionUpdate");
    assert.deepEqual(Object.fromEntries(update.params!.map(({ type, value }) => [type, value])), {
      Version: "1.33",
      PlatformVersion: "eks.40",
    });
  });

  test("node groups that are behind hold it", async () => {
    const { subnets, nodeRole } = stage.ground;
    const scalingConfig = { minSize: 0, maxSize: 1, desiredSize: 0 };
    for (const nodegroupName of ["a", "b"]) {
      await stage.eks.send(
        new CreateNodegroupCommand({ clusterName: "up", nodegroupName, nodeRole, subnets: [...subnets], scalingConfig }),
      );
      const quick = { client: stage.eks, maxWaitTime: 10, minDelay: 0.05, maxDelay: 0.1 };
      await waitUntilNodegroupActive(quick, { clusterName: "up", nodegroupName });
    }
    await moved("up", "1.34");
    const behind = "Nodegroups a, b must be updated to match cluster version 1.34 before updating cluster version";
    await refused(to("up", "1.35"), "InvalidRequestException", behind);
    for (const nodegroupName of ["a", "b"]) {
      const { update } = await stage.eks.send(new UpdateNodegroupVersionCommand({ clusterName: "up", nodegroupName }));
      await stage.succeeded("up", update, { nodegroupName });
    }
    await moved("up", "1.35");
  });

  test("go back within seven days of an upgrade, once, and not further", async () => {
    await stage.create("back", { version: "1.33" });
    await moved("back", "1.34");
    stage.time.step(6 * DAY);
    const rollback = await moved("back", "1.33");
    assert.equal(rollback.type, "VersionRollback");
    await refused(to("back", "1.32"), "InvalidParameterException", "Unsupported Kubernetes minor version update from 1.33 to 1.32");
  });

  test("not after seven days, not below the version of the creation", async () => {
    await stage.create("late", { version: "1.33" });
    await refused(to("late", "1.32"), "InvalidParameterException", "Unsupported Kubernetes minor version update from 1.33 to 1.32");
    await moved("late", "1.34");
    stage.time.step(7 * DAY + 1000);
    await refused(to("late", "1.33"), "InvalidRequestException", /more than 7 days ago/);
  });

  test("an insight that says ERROR forbids the way back, unless forced", async () => {
    await stage.create("judged", { version: "1.33" });
    await moved("judged", "1.34");
    // A kubelet of the new version could not work with the old control plane.
    const kube = stage.test.atoll.clusters.kube("111122223333/us-west-2/judged")!;
    await kube.create("nodes", "", { apiVersion: "v1", kind: "Node", metadata: { name: "new" }, spec: {} });
    const node = kube.get("nodes", "", "new")!;
    await kube.updateStatus("nodes", { ...node, status: { ...node.status, nodeInfo: { kubeletVersion: "v1.34.4-eks-1" } } });
    await stage.eks.send(new StartInsightsRefreshCommand({ clusterName: "judged" }));
    await eventually("an ERROR", async () => {
      const filter = { categories: ["ROLLBACK_READINESS" as const], statuses: ["ERROR" as const] };
      const { insights } = await stage.eks.send(new ListInsightsCommand({ clusterName: "judged", filter }));
      return insights?.length;
    });
    const error = await refused(
      to("judged", "1.33"),
      "InvalidStateException",
      /^Cannot roll back cluster judged to 1\.33: cluster insights report errors: /,
    );
    assert.equal(error.clusterName, "judged");
    await moved("judged", "1.33", { force: true });
  });

  test("the nodes of Auto Mode may take two hours to a week; elsewhere there is no such time", async () => {
    const roleArn = await createRole(stage.iam, "auto", trust({ Service: "eks.amazonaws.com" }, ["sts:AssumeRole", "sts:TagSession"]));
    const on = {
      computeConfig: { enabled: true },
      storageConfig: { blockStorage: { enabled: true } },
      kubernetesNetworkConfig: { elasticLoadBalancing: { enabled: true } },
    };
    await stage.create("auto", { version: "1.33", roleArn, bootstrapSelfManagedAddons: false, ...on });
    await refused(
      to("auto", "1.34", { rollbackConfig: { timeoutMinutes: 120 } }),
      "InvalidParameterException",
      /^rollbackConfig is only supported/,
    );
    await moved("auto", "1.34");
    for (const timeoutMinutes of [119, 10_081, 0, -1])
      await refused(to("auto", "1.33", { rollbackConfig: { timeoutMinutes } }), "InvalidParameterException", /timeoutMinutes/);
    await moved("auto", "1.33", { rollbackConfig: { timeoutMinutes: 120 } });
    await stage.create("manual", { version: "1.33" });
    await moved("manual", "1.34");
    await refused(
      to("manual", "1.33", { rollbackConfig: { timeoutMinutes: 120 } }),
      "InvalidParameterException",
      /^rollbackConfig is only supported/,
    );
  });

  test("what cannot be cancelled says so: other kinds, a rollback past its nodes, nothing at all", async () => {
    const cancel = (updateId: string) => stage.eks.send(new CancelUpdateCommand({ name: "manual", updateId }));
    const back = await moved("manual", "1.33");
    await refused(cancel(back.id!), "InvalidStateException", `Update ${back.id} can no longer be cancelled`);
    const { update } = await stage.eks.send(new UpdateClusterConfigCommand({ name: "manual", deletionProtection: true }));
    await refused(
      cancel(update!.id!),
      "InvalidRequestException",
      `Update ${update!.id} of type DeletionProtectionUpdate cannot be cancelled`,
    );
    await refused(cancel("nothing"), "ResourceNotFoundException", "No update found for ID: nothing");
  });
});

describe("24 DescribeClusterVersions", () => {
  const versions = async (input: DescribeClusterVersionsRequest = {}) =>
    (await stage.eks.send(new DescribeClusterVersionsCommand(input))).clusterVersions ?? [];
  const at = (date: string) => stage.time.step(Date.parse(date) - stage.time.now());

  test("a version changes its support at midnight of its dates", async () => {
    const phase = async (version: string) => (await versions({ clusterVersions: [version] }))[0]?.versionStatus;
    for (const [moment, expected] of [
      ["2026-07-28T23:59:50Z", "STANDARD_SUPPORT"],
      ["2026-07-29T00:00:00Z", "EXTENDED_SUPPORT"],
      ["2027-07-28T23:59:50Z", "EXTENDED_SUPPORT"],
      ["2027-07-29T00:00:00Z", "UNSUPPORTED"],
    ] as const) {
      at(moment);
      assert.equal(await phase("1.33"), expected, moment);
      const listed = (await versions()).map(({ clusterVersion }) => clusterVersion);
      assert.equal(listed.includes("1.33"), expected !== "UNSUPPORTED", moment);
    }
    const creation = stage.eks.send(new CreateClusterCommand(stage.request("old", { version: "1.33" })));
    await refused(creation, "InvalidParameterException", "unsupported Kubernetes version 1.33");
  });

  test("newest first, one default, dates at midnight, both spellings of the status", async () => {
    at("2026-11-23T00:00:00Z");
    const all = await versions();
    assert.deepEqual(
      all.map(({ clusterVersion }) => clusterVersion),
      ["1.36", "1.35", "1.34", "1.33", "1.32", "1.31"],
    );
    assert.equal(all.filter(({ defaultVersion }) => defaultVersion).length, 1);
    const [, , v34] = all;
    assert.deepEqual(
      [v34?.status, v34?.versionStatus, v34?.clusterType, v34?.releaseDate, v34?.endOfStandardSupportDate, v34?.endOfExtendedSupportDate],
      ["standard-support", "STANDARD_SUPPORT", "eks", ...["2025-10-02", "2026-12-02", "2027-12-02"].map((date) => new Date(date))],
    );
    assert.match(v34?.defaultPlatformVersion ?? "", /^eks\.\d+$/);
    assert.match(v34?.kubernetesPatchVersion ?? "", /^1\.34\.\d+$/);
  });

  test("filters, one by one and together", async () => {
    const names = async (input: DescribeClusterVersionsRequest) => (await versions(input)).map(({ clusterVersion }) => clusterVersion);
    assert.deepEqual(await names({ versionStatus: "EXTENDED_SUPPORT" }), ["1.33", "1.32", "1.31"]);
    assert.deepEqual(await names({ status: "extended-support" }), ["1.33", "1.32", "1.31"]);
    assert.deepEqual(await names({ clusterVersions: ["1.33", "1.35"], versionStatus: "STANDARD_SUPPORT" }), ["1.35"]);
    assert.equal((await names({ defaultOnly: true })).length, 1);
    assert.ok((await names({ includeAll: true })).includes("1.29"));
    assert.deepEqual(await names({ versionStatus: "UNSUPPORTED" }), ["1.30", "1.29"]);
    await refused(versions({ status: "extended-support", versionStatus: "EXTENDED_SUPPORT" }), "InvalidParameterException", /Only one of/);
    await refused(versions({ clusterType: "other" }), "InvalidParameterException", /cluster type/);
  });
});
