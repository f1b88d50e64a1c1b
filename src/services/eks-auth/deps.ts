// What EKS Auth works with. Clusters, associations and tokens come through these interfaces.
import type { Random } from "../../base/random.ts";
import type { CredentialSource, SessionIssuer, TokenVerdict } from "../ports.ts";

/** A cluster as EKS Auth needs it. */
export interface ClusterIdentity {
  /** The cluster's key for {@link TokenVerifier} and {@link Associations}. */
  readonly key: string;
  readonly name: string;
  readonly arn: string;
}

/** A pod identity association. */
export interface AssociationFacts {
  readonly arn: string;
  readonly id: string;
  readonly roleArn: string;
  readonly disableSessionTags: boolean;
  readonly targetRoleArn?: string;
  readonly externalId?: string;
  /** Session policy. */
  readonly policy?: string;
}

/** What EKS knows. Provided by the EKS service. */
export interface Associations {
  cluster(account: string, region: string, name: string): ClusterIdentity | undefined;
  association(clusterKey: string, namespace: string, serviceAccount: string): AssociationFacts | undefined;
}

/** Verifies service account tokens of clusters: signature, issuer, audience, time, and that pod and service account still are the same. */
export interface TokenVerifier {
  verify(clusterKey: string, token: string, audience: string): Promise<TokenVerdict>;
}

/** Dependencies of EKS Auth. */
export interface EksAuthDeps {
  readonly associations: Associations;
  readonly tokens: TokenVerifier;
  readonly sessions: SessionIssuer;
  /** Looks issued credentials up again, to go on from them to a target role. */
  readonly credentials: CredentialSource;
  readonly random: Random;
}
