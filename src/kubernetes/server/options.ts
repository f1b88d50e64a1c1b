// What an API server is made of: everything from outside comes in here.
import type { Clock } from "../../base/clock.ts";
import type { Log } from "../../base/log.ts";
import type { Random } from "../../base/random.ts";
import type { Store } from "../../store/store.ts";
import type { AdmissionPlugin } from "../admission/types.ts";
import type { KubeObject, Status } from "../api/object.ts";
import type { TrustBundle } from "../auth/trust-bundle.ts";
import type { Authenticator, Authorizer, UserInfo } from "../auth/types.ts";
import type { UsageSource } from "../kubelet/usage.ts";
import type { ContainerStreams } from "../streams/back-end.ts";

/** Signs and publishes service account tokens. Provided by the cluster's key ring. */
export interface ServiceAccountIssuer {
  /** `iss` of new tokens, and the only one accepted. */
  readonly issuer: string;
  /** Audiences of the API server itself; EKS has `https://kubernetes.default.svc`. */
  readonly audiences: readonly string[];
  /** Compact JWS of the claims. */
  sign(claims: object): string | Promise<string>;
  /** Public keys, current and previous. */
  jwks(): { readonly keys: readonly object[] };
}

/** A finished request, for the audit log. */
export interface RequestRecord {
  readonly auditId: string;
  readonly user: UserInfo | undefined;
  readonly impersonatedUser: UserInfo | undefined;
  readonly verb: string;
  readonly uri: string;
  readonly sourceIp: string;
  readonly userAgent: string;
  readonly objectRef:
    | {
        readonly group: string;
        readonly version: string;
        readonly resource: string;
        readonly subresource: string;
        readonly namespace: string;
        readonly name: string;
      }
    | undefined;
  readonly code: number;
  /** Epoch milliseconds. */
  readonly received: number;
  readonly finished: number;
  readonly annotations: Readonly<Record<string, string>>;
  /** `ResponseStarted` when a watch or another long stream begins, `ResponseComplete` when anything ends. */
  readonly stage: "ResponseStarted" | "ResponseComplete";
  /** The body of a write as it was sent; shared, must not be mutated. */
  readonly requestObject?: unknown;
  /** What a write answered. */
  readonly responseObject?: unknown;
  /** The Status of a failure. */
  readonly status?: Status;
}

/** What a port of a node or pod answers. */
export interface PortAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
}

/** Streams to a kubelet: logs, exec, attach, port-forward. What is absent answers 501. */
export interface KubeletStreams extends ContainerStreams {
  /** GET of a path on a port of a node or pod, by way of the API server's proxy. Undefined: nothing listens there. */
  port?(object: KubeObject, port: number, path: string): PortAnswer | undefined;
  /** Text of `kubectl logs`; rejects with StatusError. */
  logs?(pod: KubeObject, query: URLSearchParams): Promise<AsyncIterable<Uint8Array> | string>;
}

/** Options of {@link createApiServer}. */
export interface ApiServerOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  readonly random: Random;
  /** Kubernetes version served, for example `{ major: "1", minor: "33", gitVersion: "v1.33.5-eks-3cfe0ce" }`. */
  readonly version: { readonly major: string; readonly minor: string; readonly gitVersion: string };
  readonly serviceAccounts: ServiceAccountIssuer;
  /** Further authenticators, asked after client certificates and service account tokens. */
  readonly authenticators?: readonly Authenticator[];
  /** Further authorizers, asked between the Node authorizer and RBAC. */
  readonly authorizers?: readonly Authorizer[];
  /** Further admission plugins, run after the built-in ones and before webhooks. */
  readonly admission?: readonly AdmissionPlugin[];
  /** PEM of the authorities whose client certificates are accepted; absent: none are. */
  readonly clientCa?: string | TrustBundle;
  /** URL clients reach the server under; endpoints of the `kubernetes` service come from it. */
  readonly apiServerUrl?: string;
  /** Range of service addresses; default 10.100.0.0/16 (EKS). */
  readonly serviceCidr?: string;
  /** Range of node ports; default 30000-32767. */
  readonly nodePorts?: readonly [number, number];
  /** Most requests under way at once; default 400 reads and 200 writes. */
  readonly flightLimits?: { readonly reads: number; readonly writes: number };
  readonly streams?: KubeletStreams;
  /** What the kubelets measure; absent: a metrics-server has nothing to show. */
  readonly usage?: UsageSource;
  /** Told of every request from outside to a deprecated API. */
  readonly deprecatedUse?: (use: {
    readonly group: string;
    readonly version: string;
    readonly plural: string;
    readonly userAgent: string;
  }) => void;
  /** Receives every finished request. */
  readonly audit?: (record: RequestRecord) => void;
  /** Resolves `https://svc.ns.svc` of webhook client configs; absent: webhooks by service reference fail. */
  readonly resolveService?: (namespace: string, name: string, port: number) => { host: string; port: number } | undefined;
}
