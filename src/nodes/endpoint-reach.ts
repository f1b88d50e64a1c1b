// Whether an instance reaches the endpoint of a cluster: routes and security groups between them (EKS User Guide, "Cluster API server endpoint").
import { isPublic, lookupRoute } from "../vpc/routes.ts";
import { allowingRule } from "../vpc/security-groups.ts";
import type { VpcFacts } from "./net/vpc-facts.ts";

/** The instance's own interface. */
export interface Caller {
  readonly address: string;
  readonly publicAddress: string | undefined;
  readonly subnetId: string;
  readonly vpcId: string;
  readonly groups: readonly string[];
}

/** The endpoint with its control-plane interfaces. */
export interface Endpoint {
  readonly vpcId: string;
  readonly publicAccess: boolean;
  readonly privateAccess: boolean;
  /** Ids of the interfaces in the cluster's subnets. */
  readonly interfaces: readonly string[];
}

/** An address of the internet: rules and routes for the world apply to it. */
const ELSEWHERE = "198.51.100.1";
const HTTPS = { protocol: "tcp", port: 443 };

/**
 * Why the instance cannot connect; undefined if it can. With private access the endpoint's name leads instances of the VPC to the
 * control-plane interfaces, else to the internet. `vpc` is the instance's. Network ACLs are not judged.
 */
export function endpointProblem(vpc: VpcFacts, caller: Caller, endpoint: Endpoint): string | undefined {
  const { rules, prefixLists } = vpc;
  if (endpoint.privateAccess && caller.vpcId === endpoint.vpcId) {
    const doors = vpc.enis.filter(({ id }) => endpoint.interfaces.includes(id));
    const open = doors.some(({ addresses, groups }) => {
      const out = { ...HTTPS, peerAddress: addresses[0] ?? "", peerGroups: groups };
      const into = { ...HTTPS, peerAddress: caller.address, peerGroups: caller.groups };
      return allowingRule(rules, caller.groups, "egress", out, prefixLists) && allowingRule(rules, groups, "ingress", into, prefixLists);
    });
    return open ? undefined : "its security groups and those of the cluster do not allow TCP 443 from the instance to the endpoint";
  }
  if (!endpoint.publicAccess) return "the endpoint is private, and the instance is not in the cluster's VPC";
  const routes = vpc.subnets.find(({ id }) => id === caller.subnetId)?.routes ?? [];
  const route = lookupRoute(routes, ELSEWHERE);
  if (route?.state !== "active") return `subnet ${caller.subnetId} has no route to the internet`;
  if (isPublic(routes) && route.target.startsWith("igw-") && caller.publicAddress === undefined)
    return `the instance has no public address, and subnet ${caller.subnetId} leads to an internet gateway`;
  const away = { ...HTTPS, peerAddress: ELSEWHERE, peerGroups: [] };
  if (!allowingRule(rules, caller.groups, "egress", away, prefixLists))
    return "its security groups do not let it connect to TCP 443 elsewhere";
  return undefined;
}
