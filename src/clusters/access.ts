// Who may enter a cluster: the facts EKS keeps about it, read at every request so that changes act at once.

/** How the cluster maps IAM principals (EKS User Guide, "Cluster authentication modes"). */
export type AuthenticationMode = "CONFIG_MAP" | "API_AND_CONFIG_MAP" | "API";

/** One access policy bound to an entry. */
export interface PolicyAssociation {
  readonly policyArn: string;
  readonly scope: { readonly type: "cluster" } | { readonly type: "namespace"; readonly namespaces: readonly string[] };
}

/** One access entry. */
export interface AccessEntry {
  /** User or role ARN, with its path. */
  readonly principalArn: string;
  /** `AIDA…` or `AROA…` the entry was made for: a principal made anew under the same name does not match. */
  readonly principalId: string;
  readonly type: string;
  readonly username: string;
  readonly groups: readonly string[];
  readonly policies: readonly PolicyAssociation[];
}

/** Access facts of one cluster. Provided by the EKS service's records. */
export interface ClusterAccess {
  readonly mode: AuthenticationMode;
  /** Canonical ARN mapped to system:masters implicitly; only in CONFIG_MAP mode. */
  readonly creatorArn: string | undefined;
  entries(): readonly AccessEntry[];
}
