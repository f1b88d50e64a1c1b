// IAM policy documents for tests.

/** A document of one statement. */
export const policyDocument = (statement: object): string => JSON.stringify({ Version: "2012-10-17", Statement: [statement] });

/** Allows actions on every resource, or under a condition. */
export const allow = (actions: string | readonly string[], more: object = {}): string =>
  policyDocument({ Effect: "Allow", Action: actions, Resource: "*", ...more });

/** Lets a principal assume the role. */
export const trust = (principal: object, actions: string | readonly string[] = "sts:AssumeRole", condition?: object): string =>
  policyDocument({ Effect: "Allow", Principal: principal, Action: actions, ...(condition && { Condition: condition }) });

/** Trust of a role that pods get through EKS Pod Identity (EKS User Guide, "Create IAM role with trust policy required by EKS Pod Identity"). */
export const podIdentityTrust = (): string => trust({ Service: "pods.eks.amazonaws.com" }, ["sts:AssumeRole", "sts:TagSession"]);

/** Trust of a role for one service account through IRSA (EKS User Guide, "Assign IAM roles to Kubernetes service accounts"). */
export function irsaTrust(account: string, issuer: string, serviceAccount: string): string {
  const host = issuer.replace("https://", "");
  return trust({ Federated: `arn:aws:iam::${account}:oidc-provider/${host}` }, "sts:AssumeRoleWithWebIdentity", {
    StringEquals: { [`${host}:aud`]: "sts.amazonaws.com", [`${host}:sub`]: `system:serviceaccount:${serviceAccount}` },
  });
}
