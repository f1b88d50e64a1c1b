// Service-linked roles: which services have one, and how it is made (spec identity §6.8, eks-control-plane §3.5).
import { iamId } from "../../aws/ids.ts";
import type { IamDeps } from "./deps.ts";
import { wholeSecond } from "./names.ts";
import type { RoleRecord } from "./records.ts";

interface LinkedService {
  readonly roleName: string;
  readonly policy: string;
  readonly description: string;
}

/** Services whose linked role Atoll knows, by service principal. */
const SERVICES: Readonly<Record<string, LinkedService>> = {
  "eks.amazonaws.com": {
    roleName: "AWSServiceRoleForAmazonEKS",
    policy: "AmazonEKSServiceRolePolicy",
    description: "Allows Amazon EKS to call AWS services on your behalf.",
  },
  "eks-nodegroup.amazonaws.com": {
    roleName: "AWSServiceRoleForAmazonEKSNodegroup",
    policy: "AWSServiceRoleForAmazonEKSNodegroup",
    description: "This policy allows Amazon EKS to create and manage Nodegroups",
  },
  "eks-fargate.amazonaws.com": {
    roleName: "AWSServiceRoleForAmazonEKSForFargate",
    policy: "AmazonEKSForFargateServiceRolePolicy",
    description: "This policy grants necessary permissions to Amazon EKS to run fargate tasks",
  },
  "eks-connector.amazonaws.com": {
    roleName: "AWSServiceRoleForAmazonEKSConnector",
    policy: "AmazonEKSConnectorServiceRolePolicy",
    description: "Allows Amazon EKS to register external Kubernetes clusters.",
  },
  "outposts.eks-local.amazonaws.com": {
    roleName: "AWSServiceRoleForAmazonEKSLocalOutpost",
    policy: "AmazonEKSLocalOutpostServiceRolePolicy",
    description: "Allows Amazon EKS local clusters on Outposts to call AWS services on your behalf.",
  },
  "autoscaling.amazonaws.com": {
    roleName: "AWSServiceRoleForAutoScaling",
    policy: "AutoScalingServiceRolePolicy",
    description: "Default Service-Linked Role enables access to AWS Services and Resources used or managed by Auto Scaling",
  },
  "dashboard.eks.amazonaws.com": {
    roleName: "AWSServiceRoleForAmazonEKSDashboard",
    policy: "AmazonEKSDashboardServiceRolePolicy",
    description: "Allows the Amazon EKS dashboard to read your organization.",
  },
};

/** The linked role's name and policy of a service; undefined if the service has none that Atoll knows. */
export function linkedService(servicePrincipal: string): LinkedService | undefined {
  return Object.hasOwn(SERVICES, servicePrincipal) ? SERVICES[servicePrincipal] : undefined;
}

/** Path of a service's linked role. */
export const linkedPath = (servicePrincipal: string) => `/aws-service-role/${servicePrincipal}/`;

/** Stores a service's linked role, ready for use. The role must not exist. The service gives it a description, the API does not. */
export function createLinkedRole(
  where: { readonly account: string; readonly partition: string; readonly now: number },
  servicePrincipal: string,
  linked: LinkedService,
  { state, random }: Pick<IamDeps, "state" | "random">,
  description: string | undefined,
): RoleRecord {
  const path = linkedPath(servicePrincipal);
  return state.roles.put({
    name: linked.roleName,
    id: iamId("AROA", random),
    path,
    arn: `arn:${where.partition}:iam::${where.account}:role${path}${linked.roleName}`,
    accountId: where.account,
    createdAt: wholeSecond(where.now),
    tags: {},
    inline: {},
    attached: [`arn:${where.partition}:iam::aws:policy/aws-service-role/${linked.policy}`],
    trust: JSON.stringify({
      Version: "2012-10-17",
      Statement: [{ Effect: "Allow", Principal: { Service: servicePrincipal }, Action: "sts:AssumeRole" }],
    }),
    trustIds: {},
    description,
    maxSessionSeconds: 3600,
    linkedService: servicePrincipal,
  });
}
