// The way by IRSA: token, OIDC provider, trust policy, session.
import type { PodStep } from "../../base/access-report.ts";
import type { PodCase, Way } from "./pod-case.ts";
import { openToken } from "./token.ts";

/** Explains the exchange of a pod's web identity token for the role in its environment. */
export async function explainWebIdentity(there: PodCase, roleArn: string, sessionName = "explain"): Promise<Way> {
  const { sources, cluster } = there;
  const { step, token, claims = {} } = await openToken(there, "aws-iam-token");
  if (token === undefined) return { steps: [step] };
  const account = roleArn.split(":")[4] ?? "";
  const issuer = String(claims.iss ?? "");
  const provider = sources.directory.oidcProvider(account, issuer);
  const steps: PodStep[] = [step, providerStep(provider, account, issuer, [claims.aud].flat().map(String))];
  const outcome = await sources.rehearsal.webIdentity({ token, roleArn, sessionName, region: cluster.facts.region });
  const { decisions, session, answer } = outcome;
  const role = sources.directory.role(roleArn);
  const exists = role ? "" : ` (there is no role ${roleArn})`;
  if (decisions.length > 0) {
    const text = answer ? `the trust policy of ${roleArn} refuses${exists}` : `the trust policy of ${roleArn} allows`;
    steps.push({ step: "trust policy", verdict: answer ? "fails" : "ok", text, decisions });
  }
  steps.push({
    step: "sts:AssumeRoleWithWebIdentity",
    verdict: answer ? "fails" : "ok",
    text: answer
      ? `${answer.status ?? 400} ${answer.code}: ${answer.message}`
      : `${session}, without session tags (Kubernetes tokens carry none)`,
  });
  return { steps, ...(session !== undefined && { session }), ...(answer && { answer }) };
}

function providerStep(
  provider: { readonly arn: string; readonly clientIds: readonly string[] } | undefined,
  account: string,
  issuer: string,
  audiences: readonly string[],
): PodStep {
  const step = "OIDC provider";
  if (!provider) {
    const text = `account ${account} has no IAM OIDC provider for ${issuer}; make one with: aws iam create-open-id-connect-provider --url ${issuer} --client-id-list sts.amazonaws.com`;
    return { step, verdict: "fails", text };
  }
  const matches = audiences.some((audience) => provider.clientIds.includes(audience));
  const text = `${provider.arn}, client ids ${provider.clientIds.join(", ") || "(none)"}${matches ? "" : `: none is the token's audience ${audiences.join(", ")}`}`;
  return { step, verdict: matches ? "ok" : "fails", text, facts: { clientIds: provider.clientIds } };
}
