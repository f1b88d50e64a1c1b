// Input and output of EKS Auth's operation, for which there is no SDK package (EKS Auth API Reference).

/** Request of AssumeRoleForPodIdentity. */
export interface AssumeRoleForPodIdentityRequest {
  readonly clusterName?: string;
  /** The pod's projected service account token for audience `pods.eks.amazonaws.com`. */
  readonly token?: string;
  readonly eksNodeName?: string;
  readonly instanceId?: string;
  readonly zone?: string;
}

/** Response of AssumeRoleForPodIdentity. */
export interface AssumeRoleForPodIdentityResponse {
  readonly subject: { readonly namespace: string; readonly serviceAccount: string };
  readonly audience: string;
  readonly podIdentityAssociation: { readonly associationArn: string; readonly associationId: string };
  readonly assumedRoleUser: { readonly arn: string; readonly assumeRoleId: string };
  readonly credentials: {
    readonly accessKeyId: string;
    readonly secretAccessKey: string;
    readonly sessionToken: string;
    readonly expiration: Date;
  };
}
