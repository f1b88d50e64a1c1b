// The seam between EKS records and a running Kubernetes API: the embedded one today, others behind the same interface.
import type { KubeClient } from "../kubernetes/client/client.ts";

/** What a cluster's runtime needs to know of the EKS cluster. */
export interface ClusterFacts {
  /** `<account>/<region>/<name>`: the runtime's name for the cluster. */
  readonly key: string;
  readonly partition: string;
  readonly account: string;
  readonly region: string;
  readonly name: string;
  readonly arn: string;
  /** 32 upper-case hex digits, in the endpoint's and the issuer's names. */
  readonly hexId: string;
  /** Epoch milliseconds. */
  readonly createdAt: number;
  /** `1.34`. */
  readonly version: string;
  readonly platformVersion: string;
  readonly ipFamily: "ipv4" | "ipv6";
  readonly serviceCidr: string;
  readonly vpcId: string;
  readonly endpointPublicAccess: boolean;
  readonly endpointPrivateAccess: boolean;
  readonly publicAccessCidrs: readonly string[];
  /** How IAM principals are mapped; entries and creator are read from the EKS records at each request. */
  readonly authenticationMode: "CONFIG_MAP" | "API_AND_CONFIG_MAP" | "API";
  /** True: vpc-cni, kube-proxy and coredns are put into a new cluster. */
  readonly bootstrapSelfManagedAddons: boolean;
  /** Enabled control-plane log types. */
  readonly logTypes: readonly string[];
  /** Private addresses of the control-plane interfaces in the customer's VPC. */
  readonly interfaceAddresses: readonly string[];
}

/** What a running cluster shows to the outside. */
export interface ClusterEndpoint {
  readonly endpoint: string;
  /** Base64 of the PEM certificate. */
  readonly certificateAuthority: string;
  readonly oidcIssuer: string;
}

/** Name of the certificate authority a cluster is made with. */
export const FIRST_AUTHORITY = "ca";

/** The certificate authorities a cluster is to have, by name. */
export interface AuthoritiesWanted {
  readonly trusted: readonly string[];
  /** One of the trusted: it signs the API server's certificate. */
  readonly signer: string;
}

/** Runs the Kubernetes side of clusters. Every method is idempotent and may be called again after a crash. */
export interface ClusterRuntime {
  /** Brings a cluster up: the first time with new keys and bootstrap objects, after a restart with what it had. */
  start(cluster: ClusterFacts): Promise<ClusterEndpoint>;
  /** Takes changed settings or another version over into a running cluster. */
  apply(cluster: ClusterFacts): Promise<ClusterEndpoint>;
  /**
   * Makes a running cluster trust exactly these certificate authorities and sign with one of them; those it lacks are made. Resolves to
   * their certificates (base64 of PEM) by name. The endpoint's certificateAuthority is the bundle of them from then on.
   */
  authorities(key: string, wanted: AuthoritiesWanted): Promise<Readonly<Record<string, string>>>;
  /** Ends a cluster and erases everything kept for it; unknown clusters are fine. */
  stop(key: string): Promise<void>;
  /** A client acting as a user, by default one with full rights; undefined if the cluster does not run. */
  kube(key: string, username?: string): KubeClient | undefined;
}
