// What EKS operations work with.

import type { Invoke } from "../../aws/operation.ts";
import type { Clock } from "../../base/clock.ts";
import type { Random } from "../../base/random.ts";
import type { IamDirectory, SessionIssuer } from "../ports.ts";
import type { EksState } from "./state.ts";
import type { VersionTable } from "./versions.ts";

/** Service quotas and limits that AWS can raise (Amazon EKS service quotas). */
export interface EksLimits {
  readonly clusters: number;
  readonly nodegroupsPerCluster: number;
  readonly nodesPerNodegroup: number;
  readonly securityGroupsPerCluster: number;
  readonly publicAccessCidrs: number;
  readonly associationsPerCluster: number;
  readonly fargateProfilesPerCluster: number;
  readonly selectorsPerProfile: number;
  readonly labelsPerSelector: number;
  readonly registeredClusters: number;
  readonly accessEntriesPerCluster: number;
  /** Whether UpdateAddon keeps vpc-cni to one minor version at a time. */
  readonly vpcCniMinorStep: boolean;
  /** Zone ids that cannot host a control plane. */
  readonly excludedZoneIds: readonly string[];
}

export const DEFAULT_LIMITS: EksLimits = {
  clusters: 100,
  nodegroupsPerCluster: 30,
  nodesPerNodegroup: 450,
  securityGroupsPerCluster: 4,
  publicAccessCidrs: 40,
  associationsPerCluster: 5000,
  fargateProfilesPerCluster: 10,
  selectorsPerProfile: 5,
  labelsPerSelector: 5,
  registeredClusters: 10,
  accessEntriesPerCluster: 1000,
  vpcCniMinorStep: true,
  excludedZoneIds: ["use1-az3", "usw1-az2", "cac1-az3"],
};

/** Dependencies of every EKS operation. */
export interface EksDeps {
  readonly state: EksState;
  readonly clock: Clock;
  readonly random: Random;
  /** How other services are asked: EC2 for networks, as EKS's service-linked role. */
  readonly invoke: Invoke;
  readonly directory: IamDirectory;
  readonly sessions: SessionIssuer;
  readonly versions: VersionTable;
  readonly limits: EksLimits;
}
