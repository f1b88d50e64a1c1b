// Who reaches a cluster's endpoint (acceptance item 8).
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { type Cluster, CreateClusterCommand, UpdateClusterConfigCommand, type VpcConfigRequest } from "@aws-sdk/client-eks";
import { kubeRequest } from "../../support/kube.ts";
import { refused, type Stage, startStage } from "./stage.ts";

let stage: Stage;
before(async () => {
  stage = await startStage();
});
after(() => stage?.close());

const ALL = "0.0.0.0/0";

describe("8 Endpoint access", () => {
  const change = (resourcesVpcConfig: VpcConfigRequest) =>
    stage.eks.send(new UpdateClusterConfigCommand({ name: "eight", resourcesVpcConfig }));
  const switched = async (resourcesVpcConfig: VpcConfigRequest) => {
    const { update } = await change(resourcesVpcConfig);
    assert.equal(update?.type, "EndpointAccessUpdate");
    await stage.succeeded("eight", update);
    return stage.active("eight");
  };
  const access = ({ resourcesVpcConfig: vpc }: Cluster) => [vpc?.endpointPublicAccess, vpc?.endpointPrivateAccess, vpc?.publicAccessCidrs];
  /** Whether this machine, which stands for the inside of the VPC, gets through. */
  const reached = (cluster: Cluster) =>
    kubeRequest(cluster, undefined, "/version").then(
      ({ status }) => status === 200,
      () => false,
    );

  test("public by default; both; private only; and neither is refused", async () => {
    const first = await stage.create("eight");
    assert.deepEqual(access(first), [true, false, [ALL]]);
    assert.equal(await reached(first), true);
    const both = await switched({ endpointPrivateAccess: true });
    assert.deepEqual(access(both), [true, true, [ALL]]);
    assert.equal(await reached(both), true);
    const inside = await switched({ endpointPublicAccess: false });
    assert.deepEqual(access(inside), [false, true, [ALL]]);
    assert.equal(await reached(inside), true);
    const neither = "Both private and public endpoint access cannot be false";
    await refused(change({ endpointPrivateAccess: false }), "InvalidParameterException", neither);
    const creation = stage.request("none", { resourcesVpcConfig: { endpointPublicAccess: false } });
    await refused(stage.eks.send(new CreateClusterCommand(creation)), "InvalidParameterException", neither);
    assert.deepEqual(access(await switched({ endpointPublicAccess: true, endpointPrivateAccess: false })), [true, false, [ALL]]);
  });

  test("the listed blocks decide who gets through, and private access lets the VPC in whatever they say", async () => {
    const elsewhere = await switched({ publicAccessCidrs: ["203.0.113.0/24"] });
    assert.deepEqual(access(elsewhere), [true, false, ["203.0.113.0/24"]]);
    assert.equal(await reached(elsewhere), false);
    assert.equal(await reached(await switched({ endpointPrivateAccess: true })), true);
    assert.equal(await reached(await switched({ endpointPrivateAccess: false, publicAccessCidrs: [ALL] })), true);
    assert.equal(await reached(await switched({ publicAccessCidrs: ["198.51.100.7/32"] })), false);
    const empty = await switched({ publicAccessCidrs: [] });
    assert.deepEqual(access(empty), [true, false, [ALL]]);
  });

  test("no change is told in EKS's words, its odd blank included", async () => {
    const desired = (isPrivate: boolean, isPublic: boolean, cidrs: string) =>
      `Cluster is already at the desired configuration with endpointPrivateAccess: ${isPrivate} , endpointPublicAccess: ${isPublic}, and Public Endpoint Restrictions: [${cidrs}]`;
    await refused(change({ endpointPublicAccess: true }), "InvalidParameterException", desired(false, true, ALL));
    await refused(change({ publicAccessCidrs: [ALL] }), "InvalidParameterException", desired(false, true, ALL));
    await switched({ endpointPrivateAccess: true });
    await refused(
      change({ endpointPublicAccess: true, endpointPrivateAccess: true }),
      "InvalidParameterException",
      desired(true, true, ALL),
    );
  });

  test("blocks that cannot be: 41 of them, IPv6 ones, reserved ones, host bits, nonsense", async () => {
    const many = (count: number) => Array.from({ length: count }, (_, index) => `203.0.${index}.0/24`);
    await refused(
      change({ publicAccessCidrs: many(41) }),
      "InvalidParameterException",
      "The number of publicAccessCidrs must not exceed 40",
    );
    for (const cidr of ["2600:1f14::/36", "::/0", "203.0.113.5/24", "nonsense", "203.0.113.5", ""]) {
      const text = `The following CIDRs are invalid in publicAccessCidrs: ${cidr}`;
      await refused(change({ publicAccessCidrs: [cidr] }), "InvalidParameterException", text);
    }
    for (const cidr of ["10.0.0.0/8", "172.16.4.0/24", "192.168.1.1/32", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/4"]) {
      const text = `The following CIDRs are not allowed in publicAccessCidrs: ${cidr}`;
      await refused(change({ publicAccessCidrs: [cidr] }), "InvalidParameterException", text);
    }
    assert.equal((await switched({ publicAccessCidrs: many(40) })).resourcesVpcConfig?.publicAccessCidrs?.length, 40);
  });
});
