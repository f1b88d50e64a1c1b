// Public access blocks are enforced where the cluster listens, and changes act on open connections.
import assert from "node:assert/strict";
import { type ClientHttp2Session, connect } from "node:http2";
import { test } from "node:test";
import { CreateSubnetCommand, CreateVpcCommand } from "@aws-sdk/client-ec2";
import { CreateClusterCommand, DescribeClusterCommand, UpdateClusterConfigCommand, waitUntilClusterActive } from "@aws-sdk/client-eks";
import { CreateRoleCommand } from "@aws-sdk/client-iam";
import { REGION, startTestAtoll } from "../support/atoll.ts";
import { trust } from "./world.ts";

/** Status of a request to the endpoint, or undefined if the connection is refused. */
function ask(session: ClientHttp2Session): Promise<number | undefined> {
  return new Promise((resolve) => {
    session.on("error", () => resolve(undefined));
    session.on("close", () => resolve(undefined));
    if (session.destroyed || session.closed) return resolve(undefined);
    const request = session.request({ ":path": "/version" });
    request.on("response", (headers) => resolve(headers[":status"]));
    request.on("error", () => resolve(undefined));
    request.on("close", () => resolve(undefined));
  });
}

test("blocks that leave this machine out shut it out, unless private access is on", async () => {
  const atoll = await startTestAtoll();
  try {
    const { ec2, eks, iam } = atoll.clients;
    const { Vpc } = await ec2.send(new CreateVpcCommand({ CidrBlock: "10.0.0.0/16" }));
    const subnetIds: string[] = [];
    for (const [index, zone] of ["a", "b"].entries()) {
      const subnet = { VpcId: Vpc!.VpcId!, CidrBlock: `10.0.${index}.0/24`, AvailabilityZone: `${REGION}${zone}` };
      subnetIds.push((await ec2.send(new CreateSubnetCommand(subnet))).Subnet!.SubnetId!);
    }
    const document = trust("eks.amazonaws.com");
    const { Role } = await iam.send(new CreateRoleCommand({ RoleName: "cluster", AssumeRolePolicyDocument: document }));
    await eks.send(new CreateClusterCommand({ name: "dev", roleArn: Role!.Arn!, resourcesVpcConfig: { subnetIds } }));
    const quickly = { client: eks, maxWaitTime: 20, minDelay: 1, maxDelay: 1 };
    await waitUntilClusterActive(quickly, { name: "dev" });
    const { cluster } = await eks.send(new DescribeClusterCommand({ name: "dev" }));
    const ca = Buffer.from(cluster!.certificateAuthority!.data!, "base64");
    const open = () => connect(cluster!.endpoint!, { ca });
    const attempt = async () => {
      const session = open();
      const status = await ask(session);
      session.destroy();
      return status;
    };
    const update = async (resourcesVpcConfig: object) => {
      await eks.send(new UpdateClusterConfigCommand({ name: "dev", resourcesVpcConfig }));
      await waitUntilClusterActive(quickly, { name: "dev" });
    };
    const kept = open();
    assert.equal(await ask(kept), 200);
    await update({ publicAccessCidrs: ["203.0.113.0/24"] });
    assert.equal(await attempt(), undefined);
    assert.equal(await ask(kept), undefined, "open connections are cut off too");
    kept.destroy();
    await update({ endpointPrivateAccess: true });
    assert.equal(await attempt(), 200);
    await update({ endpointPublicAccess: false });
    assert.equal(await attempt(), 200);
    await update({ endpointPublicAccess: true, endpointPrivateAccess: false, publicAccessCidrs: ["0.0.0.0/0"] });
    assert.equal(await attempt(), 200);
  } finally {
    await atoll.close();
  }
});
