// AssumeRoleForPodIdentity: a pod's token for its role's credentials, in EKS Auth's order of checks (spec identity §3.4).
import { AwsError } from "../../aws/errors.ts";
import type { Call, Operation } from "../../aws/operation.ts";
import type { IssuedCredentials, PodTokenClaims } from "../ports.ts";
import type { AssociationFacts, ClusterIdentity, EksAuthDeps } from "./deps.ts";
import { sessionName, sessionTags } from "./session.ts";
import type { AssumeRoleForPodIdentityRequest, AssumeRoleForPodIdentityResponse } from "./types.ts";

const AUDIENCE = "pods.eks.amazonaws.com";
const TOKEN = /^[A-Za-z0-9\-_=]+\.[A-Za-z0-9\-_=]+\.[A-Za-z0-9\-_=]+$/;
/** Six hours, or 59 minutes where one role leads to another (role chaining allows an hour). */
const DIRECT_SECONDS = 6 * 3600;
const CHAINED_SECONDS = 59 * 60;

/** The operation. Credentials of six hours, or of 59 minutes with a target role. */
export const assumeRoleForPodIdentity: Operation<AssumeRoleForPodIdentityRequest, AssumeRoleForPodIdentityResponse, EksAuthDeps> = {
  resource: ({ clusterName = "" }, call) => `arn:${call.partition}:eks:${call.region}:${call.account}:cluster/${clusterName}`,
  async run({ clusterName = "", token = "" }, call, deps) {
    const cluster = deps.associations.cluster(call.account, call.region, clusterName);
    if (!cluster) throw new AwsError("ResourceNotFoundException", `No cluster found for name: ${clusterName}.`);
    const claims = await verified(token, cluster, call, deps);
    const association = deps.associations.association(cluster.key, claims.namespace, claims.serviceAccount);
    if (!association) {
      throw new AwsError(
        "ResourceNotFoundException",
        `No association found for service account ${claims.namespace}/${claims.serviceAccount} in cluster ${cluster.name}.`,
      );
    }
    const credentials = await assume(association, cluster, claims, call, deps);
    return {
      subject: { namespace: claims.namespace, serviceAccount: claims.serviceAccount },
      audience: AUDIENCE,
      podIdentityAssociation: { associationArn: association.arn, associationId: association.id },
      assumedRoleUser: { arn: credentials.assumedRoleArn, assumeRoleId: credentials.assumedRoleId },
      credentials: {
        accessKeyId: credentials.accessKeyId,
        secretAccessKey: credentials.secretAccessKey,
        sessionToken: credentials.sessionToken,
        expiration: new Date(credentials.expiration),
      },
    };
  },
};

async function verified(token: string, cluster: ClusterIdentity, call: Call, { tokens }: EksAuthDeps): Promise<PodTokenClaims> {
  if (!TOKEN.test(token)) throw new AwsError("InvalidTokenException", "The token included in the request is malformed.");
  const verdict = await tokens.verify(cluster.key, token, AUDIENCE);
  if (verdict.kind === "invalid")
    throw new AwsError("InvalidTokenException", `The token included in the request is invalid: ${verdict.reason}`);
  if (verdict.kind === "expired") {
    const now = new Date(call.now).toISOString();
    const expiration = new Date(verdict.expiredAt).toISOString().replace(/\.\d+Z$/, "Z");
    throw new AwsError(
      "ExpiredTokenException",
      `The token included in the request is expired: current date/time ${now} must be before the expiration date/time ${expiration}.`,
    );
  }
  return verdict.claims;
}

/** The association's role as the service, and from there the target role if there is one. */
async function assume(
  association: AssociationFacts,
  cluster: ClusterIdentity,
  claims: PodTokenClaims,
  call: Call,
  { sessions, credentials, random }: EksAuthDeps,
): Promise<IssuedCredentials> {
  const name = sessionName(cluster.name, claims.podName, random);
  const tags = association.disableSessionTags ? undefined : sessionTags(cluster, claims);
  const { targetRoleArn } = association;
  const service = {
    kind: "service" as const,
    partition: call.partition,
    accountId: call.account,
    arn: AUDIENCE,
    userId: AUDIENCE,
    service: AUDIENCE,
    sourceArn: cluster.arn,
    sourceAccount: call.account,
  };
  try {
    const first = await sessions.assumeRole({
      caller: service,
      onBehalfOf: call.requestId,
      region: call.region,
      roleArn: association.roleArn,
      sessionName: name,
      durationSeconds: targetRoleArn ? CHAINED_SECONDS : DIRECT_SECONDS,
      ...(tags ? { tags, transitiveTagKeys: Object.keys(tags) } : {}),
      ...(association.policy && !targetRoleArn ? { policy: association.policy } : {}),
    });
    if (!targetRoleArn) return first;
    const session = credentials.credential(first.accessKeyId);
    if (!session) throw new Error("issued credentials cannot be found");
    // The tags are transitive: the second session has them from the first.
    return await sessions.assumeRole({
      caller: session.caller,
      onBehalfOf: call.requestId,
      region: call.region,
      roleArn: targetRoleArn,
      sessionName: name,
      durationSeconds: CHAINED_SECONDS,
      ...(association.disableSessionTags && association.externalId ? { externalId: association.externalId } : {}),
      ...(association.policy ? { policy: association.policy } : {}),
    });
  } catch (error) {
    if (!(error instanceof AwsError)) throw error;
    throw new AwsError(
      "AccessDeniedException",
      "Unauthorized Exception! EKS does not have permissions to assume the associated role.",
      {},
      400,
    );
  }
}
