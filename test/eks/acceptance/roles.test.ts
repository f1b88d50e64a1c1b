// Roles that EKS takes on, and what callers are allowed (acceptance items 14, 26).
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import {
  CreateClusterCommand,
  CreateFargateProfileCommand,
  CreateNodegroupCommand,
  DescribeClusterCommand,
  type EKSClient,
  UpdateClusterConfigCommand,
} from "@aws-sdk/client-eks";
import { allow, trust } from "../../support/policies.ts";
import { createRole, createUser } from "../../support/scenario.ts";
import { ACCOUNT, REGION, refused, type Stage, startStage } from "./stage.ts";

let stage: Stage;
before(async () => {
  stage = await startStage();
});
after(() => stage?.close());

describe("14 Confused deputies", () => {
  const pinned = (service: string, source: string, account = ACCOUNT) =>
    trust({ Service: service }, "sts:AssumeRole", { ArnLike: { "aws:SourceArn": source }, StringEquals: { "aws:SourceAccount": account } });
  const clusterRole = (name: string, cluster: string, account?: string) =>
    createRole(stage.iam, name, pinned("eks.amazonaws.com", `arn:aws:eks:${REGION}:${ACCOUNT}:cluster/${cluster}`, account));
  const create = (name: string, roleArn: string) => stage.eks.send(new CreateClusterCommand(stage.request(name, { roleArn })));
  const cannot = (arn: string) =>
    `Role with arn: ${arn}, could not be assumed because it does not exist or the trusted entity is not correct`;

  test("a cluster role pinned to a cluster serves that cluster and no other", async () => {
    const role = await clusterRole("pinned", "mine");
    await refused(create("yours", role), "InvalidParameterException", cannot(role));
    assert.equal((await create("mine", role)).cluster?.status, "CREATING");
    await stage.active("mine");
  });

  test("nor one pinned to another account, a role of another service, or nobody's", async () => {
    const elsewhere = await clusterRole("elsewhere", "theirs", "999999999999");
    await refused(create("theirs", elsewhere), "InvalidParameterException", cannot(elsewhere));
    await refused(create("theirs", stage.ground.nodeRole), "InvalidParameterException", cannot(stage.ground.nodeRole));
    const nobodys = `arn:aws:iam::${ACCOUNT}:role/nobodys`;
    await refused(create("theirs", nobodys), "InvalidParameterException", cannot(nobodys));
    const gone = stage.eks.send(new DescribeClusterCommand({ name: "theirs" }));
    await refused(gone, "ResourceNotFoundException", "No cluster found for name: theirs.");
  });

  test("a pod execution role pinned to the profiles of a cluster serves those", async () => {
    const profiles = (cluster: string, account?: string) =>
      pinned("eks-fargate-pods.amazonaws.com", `arn:aws:eks:${REGION}:${ACCOUNT}:fargateprofile/${cluster}/*`, account);
    const profile = async (fargateProfileName: string, document: string) => {
      const podExecutionRoleArn = await createRole(stage.iam, `pods-${fargateProfileName}`, document);
      const selectors = [{ namespace: "default" }];
      return stage.eks.send(new CreateFargateProfileCommand({ clusterName: "mine", fargateProfileName, podExecutionRoleArn, selectors }));
    };
    const wrong = "Misconfigured PodExecutionRole Trust Policy; Please add the eks-fargate-pods.amazonaws.com Service Principal";
    await refused(profile("other", profiles("yours")), "InvalidParameterException", wrong);
    await refused(profile("account", profiles("mine", "999999999999")), "InvalidParameterException", wrong);
    assert.equal((await profile("ours", profiles("mine"))).fargateProfile?.status, "CREATING");
  });
});

describe("26 Permissions", () => {
  /** An EKS client of a new user with these permissions. */
  const user = async (name: string, policy?: string): Promise<EKSClient> => stage.clientsOf(await createUser(stage.iam, name, policy)).eks;
  const statements = (...Statement: object[]) => JSON.stringify({ Version: "2012-10-17", Statement });
  const allowing = (Action: string | string[], more: object = {}) => ({ Effect: "Allow", Action, Resource: "*", ...more });
  const denial = (who: string, action: string, resource: string) =>
    `User: arn:aws:iam::${ACCOUNT}:user/${who} is not authorized to perform: ${action} on resource: ${resource}`;

  test("what nobody allowed is 403, and says who, what and on what", async () => {
    const eks = await user("nobody");
    const arn = `arn:aws:eks:${REGION}:${ACCOUNT}:cluster/mine`;
    const error = await refused(
      eks.send(new DescribeClusterCommand({ name: "mine" })),
      "AccessDeniedException",
      new RegExp(`^${denial("nobody", "eks:DescribeCluster", arn)}`),
    );
    assert.equal(error.$metadata.httpStatusCode, 403);
    // Nor does the answer tell what is there.
    const unknown = await eks.send(new DescribeClusterCommand({ name: "unknown" })).catch((thrown: Error) => thrown.name);
    assert.equal(unknown, "AccessDeniedException");
  });

  test("whoever may not pass a role cannot create with it", async () => {
    const eks = await user("maker", statements(allowing("eks:*"), allowing(["iam:CreateServiceLinkedRole", "iam:GetRole"])));
    const creation = eks.send(new CreateClusterCommand(stage.request("passed")));
    const error = await refused(
      creation,
      "AccessDeniedException",
      new RegExp(`^${denial("maker", "iam:PassRole", stage.ground.clusterRole)}`),
    );
    assert.equal(error.$metadata.httpStatusCode, 403);
    const { nodeRole, subnets } = stage.ground;
    const group = { clusterName: "mine", nodegroupName: "passed", nodeRole, subnets: [...subnets] };
    await refused(
      eks.send(new CreateNodegroupCommand(group)),
      "AccessDeniedException",
      new RegExp(`^${denial("maker", "iam:PassRole", nodeRole)}`),
    );
  });

  test("passing to another service does not count", async () => {
    const pass = allowing("iam:PassRole", { Condition: { StringEquals: { "iam:PassedToService": "ec2.amazonaws.com" } } });
    const eks = await user("wrong-service", statements(allowing("eks:*"), allowing("iam:CreateServiceLinkedRole"), pass));
    await refused(eks.send(new CreateClusterCommand(stage.request("passed"))), "AccessDeniedException", /iam:PassRole/);
    const right = allowing("iam:PassRole", { Condition: { StringEquals: { "iam:PassedToService": "eks.amazonaws.com" } } });
    const may = await user("right-service", statements(allowing("eks:*"), allowing("iam:CreateServiceLinkedRole"), right));
    assert.equal((await may.send(new CreateClusterCommand(stage.request("passed")))).cluster?.status, "CREATING");
    await stage.active("passed");
  });

  test("creating with tags takes the permission to tag", async () => {
    const eks = await user("untagged", statements(allowing(["eks:CreateCluster", "iam:PassRole", "iam:CreateServiceLinkedRole"])));
    const tagged = eks.send(new CreateClusterCommand(stage.request("tagged", { tags: { a: "1" } })));
    await refused(tagged, "AccessDeniedException", /eks:TagResource/);
  });

  test("the egress mode is a condition, at creation and in updates", async () => {
    const held = {
      Effect: "Deny",
      Action: ["eks:CreateCluster", "eks:UpdateClusterConfig"],
      Resource: "*",
      Condition: { StringEquals: { "eks:controlPlaneEgressMode": "CUSTOMER_ROUTED" } },
    };
    const eks = await user("held", statements(allowing("*"), held));
    const controlPlaneEgressMode = "CUSTOMER_ROUTED" as const;
    const creation = stage.request("routed", { resourcesVpcConfig: { controlPlaneEgressMode } });
    await refused(eks.send(new CreateClusterCommand(creation)), "AccessDeniedException", /eks:CreateCluster.*explicit deny/);
    const update = { name: "mine", resourcesVpcConfig: { controlPlaneEgressMode } };
    await refused(eks.send(new UpdateClusterConfigCommand(update)), "AccessDeniedException", /eks:UpdateClusterConfig.*explicit deny/);
    const ordinary = await eks.send(new UpdateClusterConfigCommand({ name: "mine", deletionProtection: true }));
    await stage.succeeded("mine", ordinary.update);
    const free = await user("free", allow("*"));
    await stage.succeeded("mine", (await free.send(new UpdateClusterConfigCommand(update))).update);
    assert.equal((await stage.cluster("mine")).resourcesVpcConfig?.controlPlaneEgressMode, controlPlaneEgressMode);
    const back = { name: "mine", resourcesVpcConfig: { controlPlaneEgressMode: "AWS_MANAGED" as const } };
    await refused(
      free.send(new UpdateClusterConfigCommand(back)),
      "InvalidParameterException",
      "Unsupported controlPlaneEgressMode update from CUSTOMER_ROUTED to AWS_MANAGED",
    );
    const isolated = stage.request("isolated", { resourcesVpcConfig: { controlPlaneEgressMode: "CUSTOMER_ISOLATED" } });
    await refused(free.send(new CreateClusterCommand(isolated)), "InvalidParameterException", /CUSTOMER_ISOLATED/);
  });
});
