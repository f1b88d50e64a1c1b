// Where the agent gets credentials from: EKS Auth, called as the node's role.

/** Credentials of a pod, as EKS Auth returned them. */
export interface PodCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
  /** Epoch milliseconds. */
  readonly expiration: number;
  readonly accountId: string;
}

/** EKS Auth refused or failed. `status` is its HTTP status. */
export class CredentialsError extends Error {
  readonly code: string;
  readonly status: number;
  readonly requestId: string;

  constructor(code: string, message: string, status: number, requestId: string) {
    super(message);
    this.code = code;
    this.status = status;
    this.requestId = requestId;
  }
}

/** Exchanges a pod's service account token for credentials. Rejects with CredentialsError. */
export interface CredentialsSource {
  credentials(token: string): Promise<PodCredentials>;
}
