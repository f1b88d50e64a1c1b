// The EKS service: its operations over one store.

import { type Invoke, type Service, service } from "../../aws/operation.ts";
import type { Clock } from "../../base/clock.ts";
import type { Random } from "../../base/random.ts";
import type { Store } from "../../store/store.ts";
import type { IamDirectory, SessionIssuer } from "../ports.ts";
import { accessEntries } from "./access-entries.ts";
import { accessPolicies } from "./access-policies.ts";
import { accessPolicyAssociations } from "./access-policy-associations.ts";
import { addonOperations } from "./addons/index.ts";
import { associateEncryption } from "./associate-encryption.ts";
import { capabilities } from "./capabilities.ts";
import { certificateAuthorities } from "./certificate-authorities.ts";
import { clusters } from "./clusters.ts";
import { connectedClusters } from "./connected-clusters.ts";
import { createCluster } from "./create-cluster.ts";
import { DEFAULT_LIMITS, type EksDeps, type EksLimits } from "./deps.ts";
import { fargateProfiles } from "./fargate-profiles.ts";
import { identityProviders } from "./identity-providers.ts";
import { insights } from "./insights.ts";
import { nodegroupUpdates } from "./nodegroup-updates.ts";
import { nodegroups } from "./nodegroups.ts";
import { podIdentityAssociations } from "./pod-identity-associations.ts";
import { type EksState, eksState } from "./state.ts";
import { subscriptions } from "./subscriptions.ts";
import { tags } from "./tags.ts";
import { updateClusterConfig } from "./update-cluster-config.ts";
import { updateClusterVersion } from "./update-cluster-version.ts";
import { updates } from "./updates.ts";
import { VERSIONS, type VersionTable } from "./versions.ts";

/** What EKS is built from. */
export interface EksOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
  readonly invoke: Invoke;
  readonly directory: IamDirectory;
  readonly sessions: SessionIssuer;
  readonly versions?: VersionTable;
  readonly limits?: Partial<EksLimits>;
}

/** Makes the service. `state` is what controllers, the identity webhook, authentication and EKS Auth read; `deps` serves tests. */
export function createEks(options: EksOptions): { service: Service; state: EksState; deps: EksDeps } {
  const state = eksState(options.store);
  const deps: EksDeps = {
    state,
    clock: options.clock,
    random: options.random,
    invoke: options.invoke,
    directory: options.directory,
    sessions: options.sessions,
    versions: options.versions ?? VERSIONS,
    limits: { ...DEFAULT_LIMITS, ...options.limits },
  };
  return { service: service("eks", deps, ...TABLES), state, deps };
}

const TABLES = [
  createCluster,
  clusters,
  updateClusterConfig,
  updateClusterVersion,
  updates,
  nodegroups,
  nodegroupUpdates,
  addonOperations,
  fargateProfiles,
  capabilities,
  identityProviders,
  associateEncryption,
  certificateAuthorities,
  insights,
  connectedClusters,
  subscriptions,
  podIdentityAssociations,
  accessEntries,
  accessPolicyAssociations,
  accessPolicies,
  tags,
] as const;
