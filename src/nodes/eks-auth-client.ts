// EKS Auth over the wire, signed with the node role's credentials: what stands behind the agent's cache.
import { randomUUID } from "node:crypto";
import { signRequest } from "../aws/sigv4.ts";
import type { Clock } from "../base/clock.ts";
import { CredentialsError, type CredentialsSource, type PodCredentials } from "./agent/credentials-source.ts";
import type { NodeCredentials } from "./node-credentials.ts";

/** Where and for which cluster to ask. */
export interface EksAuthTarget {
  /** Base URL of the AWS APIs. */
  readonly endpoint: () => string;
  readonly region: string;
  readonly clusterName: string;
  readonly clock: Clock;
}

interface Answer {
  readonly assumedRoleUser: { readonly arn: string };
  readonly credentials: {
    readonly accessKeyId: string;
    readonly secretAccessKey: string;
    readonly sessionToken: string;
    readonly expiration: number;
  };
}

/** A source that calls AssumeRoleForPodIdentity as the node. */
export function eksAuthClient(node: NodeCredentials, { endpoint, region, clusterName, clock }: EksAuthTarget): CredentialsSource {
  return {
    async credentials(token): Promise<PodCredentials> {
      const keys = await node.get();
      const url = `${endpoint()}/clusters/${encodeURIComponent(clusterName)}/assume-role-for-pod-identity`;
      const body = JSON.stringify({ token });
      const request = { method: "POST", url, headers: { "content-type": "application/json" }, body };
      const { host: _, ...headers } = signRequest(request, keys, { region, service: "eks-auth", now: clock.now() });
      const response = await fetch(url, { method: "POST", headers, body });
      const answer: unknown = await response.json().catch(() => ({}));
      if (!response.ok) {
        const code = (response.headers.get("x-amzn-errortype") ?? "UnknownError").split(":")[0] as string;
        const message = (answer as { message?: string }).message ?? "";
        throw new CredentialsError(code, message, response.status, response.headers.get("x-amzn-requestid") ?? randomUUID());
      }
      const { assumedRoleUser, credentials } = answer as Answer;
      return { ...credentials, expiration: credentials.expiration * 1000, accountId: assumedRoleUser.arn.split(":")[4] ?? "" };
    },
  };
}
