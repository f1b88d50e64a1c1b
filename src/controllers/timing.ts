// How long things take: as fast as the work allows, or as long as on the service (spec eks-control-plane §4.1).

/** Least durations of transitions, in milliseconds. */
export interface Timing {
  readonly clusterCreate: number;
  readonly clusterDelete: number;
  readonly clusterUpdate: number;
  readonly versionUpdate: number;
  readonly nodegroupCreate: number;
  readonly nodegroupDelete: number;
  readonly fargateProfileCreate: number;
  readonly fargateProfileDelete: number;
  /** How long nodes may take to join before the node group fails. */
  readonly joinLimit: number;
  /** How long pods may resist eviction before a node goes all the same. */
  readonly drainLimit: number;
  /** A capability on its way up, through an update, or down. */
  readonly capability: number;
  /** How often the things a cluster or capability stands on are looked at, besides when they are seen to change. */
  readonly healthCheck: number;
  readonly addonCreate: number;
  /** How long an add-on's pods may take to become ready before it counts as unhealthy. */
  readonly addonRollout: number;
  /** How long Auto Mode gathers changes before it looks at them together. */
  readonly autoModeBatch: number;
}

const SECOND = 1000;
const MINUTE = 60 * SECOND;

export const IMMEDIATE: Timing = {
  clusterCreate: 0,
  clusterDelete: 0,
  clusterUpdate: 0,
  versionUpdate: 0,
  nodegroupCreate: 0,
  nodegroupDelete: 0,
  fargateProfileCreate: 0,
  fargateProfileDelete: 0,
  joinLimit: 15 * MINUTE,
  drainLimit: SECOND / 4,
  capability: 0,
  healthCheck: 60 * MINUTE,
  addonCreate: 0,
  addonRollout: 20 * SECOND,
  autoModeBatch: SECOND / 50,
};

export const REALISTIC: Timing = {
  clusterCreate: 9 * MINUTE,
  clusterDelete: 4 * MINUTE,
  clusterUpdate: 2 * MINUTE,
  versionUpdate: 9 * MINUTE,
  nodegroupCreate: 2 * MINUTE,
  nodegroupDelete: 2 * MINUTE,
  fargateProfileCreate: 1 * MINUTE,
  fargateProfileDelete: 1 * MINUTE,
  joinLimit: 15 * MINUTE,
  drainLimit: 15 * MINUTE,
  capability: MINUTE,
  healthCheck: 60 * MINUTE,
  addonCreate: 20 * SECOND,
  addonRollout: 15 * MINUTE,
  autoModeBatch: SECOND,
};

/** Milliseconds still to wait so that `duration` passes since `since`; 0 if it has. */
export const remaining = (now: number, since: number, duration: number) => Math.max(0, since + duration - now);
