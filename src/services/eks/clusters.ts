// Clusters: describe, list, delete, and the versions they may have.
import type { ClusterVersionInformation } from "@aws-sdk/client-eks";
import type { Operations, Sdk } from "../../aws/operation.ts";
import { clusterArn, clusterKey, type Place } from "./arn.ts";
import { clusterView } from "./cluster-view.ts";
import { connectedView } from "./connected-clusters.ts";
import type { EksDeps } from "./deps.ts";
import { invalidParameter, invalidRequest, noCluster, resourceInUse } from "./errors.ts";
import { page } from "./page.ts";
import type { ClusterRecord } from "./records.ts";
import type { EksState } from "./state.ts";
import { defaultVersion, minor, type SupportPhase, supportPhase, type VersionFacts } from "./versions.ts";

/** The cluster of that name; throws ResourceNotFoundException. */
export function requireCluster(state: EksState, place: Place, name: string | undefined): Readonly<ClusterRecord> {
  const record = state.clusters.get(clusterKey(place, name ?? ""));
  if (!record) throw noCluster(name ?? "");
  return record;
}

export const clusters = {
  DescribeCluster: {
    resource: ({ name }, call) => clusterArn(call, name ?? ""),
    run({ name }, call, { state }) {
      const connected = state.connectedClusters.get(clusterKey(call, name ?? ""));
      return { cluster: connected ? connectedView(connected) : clusterView(requireCluster(state, call, name)) };
    },
  },

  ListClusters: {
    resource: (_input, call) => clusterArn(call, "*"),
    run({ maxResults, nextToken, include }, call, { state }) {
      if (include?.some((item) => item !== "all")) throw invalidParameter("The only value allowed for include is all");
      const place = `${call.account}/${call.region}/`;
      const connected = include?.length ? state.connectedClusters.list(place) : [];
      const names = [...state.clusters.list(place), ...connected].map((cluster) => cluster.name).sort();
      const binding = ["ListClusters", call.account, call.region, include ?? []];
      const { page: found, nextToken: next } = page(names, { maxResults, nextToken }, binding, (name) => name);
      return { clusters: found, nextToken: next };
    },
  },

  DeleteCluster: {
    resource: ({ name }, call) => clusterArn(call, name ?? ""),
    run({ name }, call, { state, clock }) {
      const cluster = requireCluster(state, call, name);
      if (cluster.status === "DELETING") return { cluster: clusterView(cluster) };
      const key = clusterKey(call, cluster.name);
      if (cluster.deletionProtection && cluster.status === "ACTIVE") {
        throw invalidRequest(`Cannot delete cluster ${cluster.name} because deletion protection is enabled`, { clusterName: cluster.name });
      }
      const [nodegroup] = state.nodegroups.list(`${key}/`);
      if (nodegroup) {
        throw resourceInUse("Cluster has nodegroups attached", { clusterName: cluster.name, nodegroupName: nodegroup.name });
      }
      if (state.fargateProfiles.count(`${key}/`) > 0) {
        throw resourceInUse("Cluster has Fargate profiles attached", { clusterName: cluster.name });
      }
      if (state.capabilities.count(`${key}/`) > 0) {
        throw resourceInUse("Cluster has capabilities attached", { clusterName: cluster.name });
      }
      if (cluster.activeUpdate) {
        throw resourceInUse(`Cannot delete because cluster ${cluster.name} currently has an update in progress`, {
          clusterName: cluster.name,
        });
      }
      return { cluster: clusterView(state.clusters.put(key, { ...cluster, status: "DELETING", deletingSince: clock.now() })) };
    },
  },

  DescribeClusterVersions: {
    run(input, _call, { versions, clock }) {
      const now = clock.now();
      if (input.status && input.versionStatus) throw invalidParameter("Only one of status and versionStatus can be specified");
      if (input.clusterType && input.clusterType !== "eks") throw invalidParameter(`Invalid cluster type: ${input.clusterType}`);
      const wanted = input.versionStatus ?? input.status?.toUpperCase().replaceAll("-", "_");
      const byDefault = defaultVersion(versions, now)?.version;
      const listed = versions.versions
        .map((facts) => ({ facts, phase: supportPhase(facts, now) }))
        .filter(({ phase }) => phase !== "UNRELEASED")
        .filter(
          ({ facts, phase }) =>
            phase !== "UNSUPPORTED" || input.includeAll || wanted === phase || input.clusterVersions?.includes(facts.version),
        )
        .filter(({ phase }) => !wanted || wanted === phase)
        .filter(({ facts }) => !input.defaultOnly || facts.version === byDefault)
        .filter(({ facts }) => !input.clusterVersions?.length || input.clusterVersions.includes(facts.version))
        .sort((a, b) => minor(b.facts.version) - minor(a.facts.version))
        .map(({ facts, phase }) => versionView(facts, phase, facts.version === byDefault));
      const { maxResults: _, nextToken: __, ...filters } = input;
      const { page: found, nextToken } = page(listed, input, ["DescribeClusterVersions", filters], (item) => item.clusterVersion ?? "");
      return { clusterVersions: found, nextToken };
    },
  },
} satisfies Operations<Sdk["eks"], EksDeps>;

function versionView(facts: VersionFacts, phase: SupportPhase, isDefault: boolean): ClusterVersionInformation {
  const versionStatus = phase === "UNRELEASED" ? "UNSUPPORTED" : phase;
  return {
    clusterVersion: facts.version,
    clusterType: "eks",
    defaultPlatformVersion: facts.platformVersion,
    defaultVersion: isDefault,
    releaseDate: new Date(facts.released),
    endOfStandardSupportDate: new Date(facts.endOfStandardSupport),
    endOfExtendedSupportDate: new Date(facts.endOfExtendedSupport),
    versionStatus,
    status: ({ UNSUPPORTED: "unsupported", STANDARD_SUPPORT: "standard-support", EXTENDED_SUPPORT: "extended-support" } as const)[
      versionStatus
    ],
    kubernetesPatchVersion: facts.patchVersion,
  };
}
