// What a running cluster asks the rest of Atoll, and what follows from its facts.
import { formatAddress, parseCidr } from "../vpc/cidr.ts";
import type { ClusterAccess } from "./access.ts";
import type { LogLine } from "./control-plane-log/control-plane-log.ts";
import type { OidcProvider } from "./oidc-authenticator.ts";
import type { ClusterFacts } from "./provider.ts";

/** A request to a Kubernetes API on its way out. */
export interface DeprecatedUse {
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly userAgent: string;
  /** Epoch milliseconds. */
  readonly at: number;
}

/** What the rest of Atoll tells a running cluster. All are asked at every use. */
export interface ClusterSurroundings {
  access(cluster: ClusterFacts): ClusterAccess;
  hasPodIdentityAssociation(cluster: ClusterFacts, namespace: string, serviceAccount: string): boolean;
  /** Name of the Fargate profile that takes a pod; undefined if none does. */
  fargateProfile?(cluster: ClusterFacts, namespace: string, labels: Readonly<Record<string, string>>): string | undefined;
  /** The OpenID Connect provider whose tokens the cluster accepts; undefined if it has none. */
  identityProvider?(cluster: ClusterFacts): OidcProvider | undefined;
  /** Writes lines to a stream of the cluster's log group, which is made if need be; absent: control-plane logs go nowhere. */
  deliverLog?(cluster: ClusterFacts, stream: string, lines: readonly LogLine[]): void;
  /** Whether EKS Auto Mode is on. */
  autoMode?(cluster: ClusterFacts): boolean;
  /** Takes note of a request to a deprecated API. */
  deprecatedUse?(cluster: ClusterFacts, use: DeprecatedUse): void;
  /** Private DNS name of an instance of the cluster's account. */
  instanceDnsName(cluster: ClusterFacts, instanceId: string): Promise<string | undefined>;
}

/** The address at `offset` of a service CIDR: 1 is the API server's, 10 the DNS server's. */
export function serviceAddress(serviceCidr: string, offset: number): string {
  const cidr = parseCidr(serviceCidr);
  if (!cidr) throw new Error(`${serviceCidr} is not a CIDR`);
  return formatAddress({ family: cidr.family, value: cidr.base + BigInt(offset) });
}
