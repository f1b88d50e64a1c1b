// The two ways a pod gets AWS credentials: which volume, mount and variables each adds (spec identity §2.9).

/** An environment variable with a literal value. */
export interface EnvVar {
  readonly name: string;
  readonly value: string;
}

/** What one method adds to a pod. */
export interface CredentialMethod {
  readonly volumeName: string;
  readonly tokenPath: string;
  readonly mountPath: string;
  readonly audience: string;
  readonly expirationSeconds: number;
  /** Variables added together; a container that already has one of them gets none. */
  readonly env: readonly EnvVar[];
}

const IRSA_MOUNT = "/var/run/secrets/eks.amazonaws.com/serviceaccount";
const POD_IDENTITY_MOUNT = "/var/run/secrets/pods.eks.amazonaws.com/serviceaccount";
/** Where pods find the agent on the node. */
export const AGENT_URI_V4 = "http://169.254.170.23/v1/credentials";
export const AGENT_URI_V6 = "http://[fd00:ec2::23]/v1/credentials";

/** The audience of Pod Identity tokens. */
export const POD_IDENTITY_AUDIENCE = "pods.eks.amazonaws.com";

/** IAM roles for service accounts. */
export function irsa(roleArn: string, audience: string, expirationSeconds: number, windows: boolean): CredentialMethod {
  return {
    volumeName: "aws-iam-token",
    tokenPath: "token",
    mountPath: IRSA_MOUNT,
    audience,
    expirationSeconds,
    env: [
      { name: "AWS_ROLE_ARN", value: roleArn },
      { name: "AWS_WEB_IDENTITY_TOKEN_FILE", value: filePath(IRSA_MOUNT, "token", windows) },
    ],
  };
}

/** EKS Pod Identity. */
export function podIdentity(agentUri: string, expirationSeconds: number, windows: boolean): CredentialMethod {
  const tokenPath = "eks-pod-identity-token";
  return {
    volumeName: "eks-pod-identity-token",
    tokenPath,
    mountPath: POD_IDENTITY_MOUNT,
    audience: POD_IDENTITY_AUDIENCE,
    expirationSeconds,
    env: [
      { name: "AWS_CONTAINER_CREDENTIALS_FULL_URI", value: agentUri },
      { name: "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", value: filePath(POD_IDENTITY_MOUNT, tokenPath, windows) },
    ],
  };
}

function filePath(mount: string, file: string, windows: boolean): string {
  const path = `${mount}/${file}`;
  return windows ? `C:${path.replaceAll("/", "\\")}` : path;
}
