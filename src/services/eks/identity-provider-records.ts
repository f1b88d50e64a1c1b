// What EKS remembers of the OpenID Connect provider associated with a cluster.
import type { ConfigStatus } from "@aws-sdk/client-eks";
import type { Tags } from "./records.ts";

/** An identity provider configuration. Keyed by its name. */
export interface IdentityProviderRecord {
  readonly clusterName: string;
  readonly name: string;
  readonly arn: string;
  readonly issuerUrl: string;
  readonly clientId: string;
  readonly usernameClaim?: string;
  readonly usernamePrefix?: string;
  readonly groupsClaim?: string;
  readonly groupsPrefix?: string;
  readonly requiredClaims: Readonly<Record<string, string>>;
  readonly tags: Tags;
  readonly status: ConfigStatus;
}
