// The demo's IAM roles: control plane, nodes, and one for each way a pod gets credentials.
import {
  AttachRolePolicyCommand,
  CreateOpenIDConnectProviderCommand,
  CreateRoleCommand,
  type IAMClient,
  PutRolePolicyCommand,
} from "@aws-sdk/client-iam";

const trust = (principal: object, actions: readonly string[], condition?: object) =>
  JSON.stringify({
    Version: "2012-10-17",
    Statement: [{ Effect: "Allow", Principal: principal, Action: actions, ...(condition && { Condition: condition }) }],
  });

/** What the demo's pods may do: look at subnets, nothing else. */
const POD_POLICY = JSON.stringify({
  Version: "2012-10-17",
  Statement: [{ Sid: "LookAtSubnets", Effect: "Allow", Action: "ec2:DescribeSubnets", Resource: "*" }],
});

async function createRole(iam: IAMClient, name: string, trustPolicy: string, managed: readonly string[] = []): Promise<string> {
  const { Role } = await iam.send(new CreateRoleCommand({ RoleName: name, AssumeRolePolicyDocument: trustPolicy }));
  for (const policy of managed) {
    await iam.send(new AttachRolePolicyCommand({ RoleName: name, PolicyArn: `arn:aws:iam::aws:policy/${policy}` }));
  }
  return Role!.Arn!;
}

/** Role of the control plane. */
export function createClusterRole(iam: IAMClient): Promise<string> {
  return createRole(iam, "AtollDemoClusterRole", trust({ Service: "eks.amazonaws.com" }, ["sts:AssumeRole"]), ["AmazonEKSClusterPolicy"]);
}

/** Role of the nodes. */
export function createNodeRole(iam: IAMClient): Promise<string> {
  return createRole(iam, "AtollDemoNodeRole", trust({ Service: "ec2.amazonaws.com" }, ["sts:AssumeRole"]), [
    "AmazonEKSWorkerNodePolicy",
    "AmazonEKS_CNI_Policy",
    "AmazonEC2ContainerRegistryReadOnly",
  ]);
}

/** Role pods assume through EKS Pod Identity. */
export async function createPodIdentityRole(iam: IAMClient): Promise<string> {
  const name = "AtollDemoPodIdentityRole";
  const arn = await createRole(iam, name, trust({ Service: "pods.eks.amazonaws.com" }, ["sts:AssumeRole", "sts:TagSession"]));
  await iam.send(new PutRolePolicyCommand({ RoleName: name, PolicyName: "look-at-subnets", PolicyDocument: POD_POLICY }));
  return arn;
}

/** Registers the cluster's issuer and makes the role its service account assumes through IRSA. */
export async function createIrsaRole(iam: IAMClient, issuer: string, account: string, serviceAccount: string): Promise<string> {
  const host = issuer.replace("https://", "");
  await iam.send(new CreateOpenIDConnectProviderCommand({ Url: issuer, ClientIDList: ["sts.amazonaws.com"] }));
  const name = "AtollDemoIrsaRole";
  const condition = { StringEquals: { [`${host}:aud`]: "sts.amazonaws.com", [`${host}:sub`]: `system:serviceaccount:${serviceAccount}` } };
  const provider = { Federated: `arn:aws:iam::${account}:oidc-provider/${host}` };
  const arn = await createRole(iam, name, trust(provider, ["sts:AssumeRoleWithWebIdentity"], condition));
  await iam.send(new PutRolePolicyCommand({ RoleName: name, PolicyName: "look-at-subnets", PolicyDocument: POD_POLICY }));
  return arn;
}
