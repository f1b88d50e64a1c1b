// The collections EKS keeps, shared with the controllers and with whoever authenticates against a cluster.
import { Collection } from "../../store/collection.ts";
import type { Store } from "../../store/store.ts";
import type { ApiUseRecord } from "./api-use-records.ts";
import type { CapabilityRecord } from "./capability-records.ts";
import type { CertificateAuthorityRecord } from "./certificate-authority-records.ts";
import type { FargateMachineRecord, FargateProfileRecord } from "./fargate-records.ts";
import type { IdentityProviderRecord } from "./identity-provider-records.ts";
import type { InsightRecord, InsightsRefreshRecord } from "./insight-records.ts";
import type {
  AccessEntryRecord,
  AddonRecord,
  AssociationRecord,
  ClusterRecord,
  NodegroupRecord,
  TokenRecord,
  UpdateRecord,
} from "./records.ts";
import type { ConnectedClusterRecord, SubscriptionRecord } from "./unmanaged-records.ts";

/**
 * EKS records. Clusters are keyed `<account>/<region>/<cluster>`; everything that belongs to a cluster `<cluster key>/<id>`,
 * where the id is the node group's, add-on's or Fargate profile's name, the association's id, the principal's ARN, or the update's id.
 */
export interface EksState {
  readonly store: Store;
  readonly clusters: Collection<ClusterRecord>;
  readonly nodegroups: Collection<NodegroupRecord>;
  readonly addons: Collection<AddonRecord>;
  readonly associations: Collection<AssociationRecord>;
  readonly accessEntries: Collection<AccessEntryRecord>;
  readonly fargateProfiles: Collection<FargateProfileRecord>;
  /** By the uid of the pod. */
  readonly fargateMachines: Collection<FargateMachineRecord>;
  /** By name. */
  readonly capabilities: Collection<CapabilityRecord>;
  /** By id; none for a cluster that never had more than its first one. */
  readonly certificateAuthorities: Collection<CertificateAuthorityRecord>;
  /** By name; a cluster has at most one. */
  readonly identityProviders: Collection<IdentityProviderRecord>;
  /** Keyed like clusters, whose namespace they share. */
  readonly connectedClusters: Collection<ConnectedClusterRecord>;
  /** Keyed `<account>/<region>/<id>`. */
  readonly subscriptions: Collection<SubscriptionRecord>;
  /** By id. */
  readonly insights: Collection<InsightRecord>;
  /** Use of deprecated Kubernetes APIs. */
  readonly apiUses: Collection<ApiUseRecord>;
  /** Keyed like clusters. */
  readonly insightsRefreshes: Collection<InsightsRefreshRecord>;
  readonly updates: Collection<UpdateRecord>;
  readonly tokens: Collection<TokenRecord>;
}

/** Opens the collections over a store. Several may be open over the same store. */
export function eksState(store: Store): EksState {
  return {
    store,
    clusters: new Collection(store, "eks/cluster"),
    nodegroups: new Collection(store, "eks/nodegroup"),
    addons: new Collection(store, "eks/addon"),
    associations: new Collection(store, "eks/pod-identity-association"),
    accessEntries: new Collection(store, "eks/access-entry"),
    fargateProfiles: new Collection(store, "eks/fargate-profile"),
    fargateMachines: new Collection(store, "eks/fargate-machine"),
    capabilities: new Collection(store, "eks/capability"),
    certificateAuthorities: new Collection(store, "eks/certificate-authority"),
    identityProviders: new Collection(store, "eks/identity-provider"),
    connectedClusters: new Collection(store, "eks/connected-cluster"),
    subscriptions: new Collection(store, "eks/anywhere-subscription"),
    insights: new Collection(store, "eks/insight"),
    apiUses: new Collection(store, "eks/api-use"),
    insightsRefreshes: new Collection(store, "eks/insights-refresh"),
    updates: new Collection(store, "eks/update"),
    tokens: new Collection(store, "eks/request-token"),
  };
}

/** Removes a cluster and everything recorded under it, in one transaction. */
export function eraseCluster(state: EksState, clusterKey: string): void {
  state.store.transact(() => {
    for (const collection of ofClusters(state)) {
      for (const [key] of collection.entries(`${clusterKey}/`)) collection.delete(key);
    }
    state.insightsRefreshes.delete(clusterKey);
    state.clusters.delete(clusterKey);
  });
}

/** Everything that goes with its cluster. */
const ofClusters = (state: EksState) => [
  state.nodegroups,
  state.addons,
  state.associations,
  state.accessEntries,
  state.fargateProfiles,
  state.fargateMachines,
  state.capabilities,
  state.certificateAuthorities,
  state.identityProviders,
  state.insights,
  state.apiUses,
  state.updates,
  state.tokens,
];
