// The Kubernetes objects of an add-on in its cluster.
import { parse } from "yaml";
import type { AddonFacts } from "../../clusters/addons/facts.ts";
import { AGENT_NAME } from "../../clusters/addons/pod-identity-agent.ts";
import { registryOf } from "../../clusters/addons/registry.ts";
import { renderAddon } from "../../clusters/addons/render.ts";
import type { Values } from "../../clusters/addons/workload.ts";
import { workloads } from "../../clusters/addons/workload.ts";
import { serviceAddress } from "../../clusters/facts.ts";
import type { NewObject } from "../../kubernetes/api/object.ts";
import type { KubeClient } from "../../kubernetes/client/client.ts";
import { findAddon } from "../../services/eks/addons/catalogue.ts";
import { clusterKey } from "../../services/eks/arn.ts";
import { associationFor } from "../../services/eks/pod-identity-associations.ts";
import type { AddonRecord, AddonSettings, ClusterRecord } from "../../services/eks/records.ts";
import type { EksState } from "../../services/eks/state.ts";

/** An add-on where it is. */
export interface Place {
  readonly state: EksState;
  readonly kube: KubeClient;
  readonly cluster: ClusterRecord;
  readonly addon: AddonRecord;
}

/** The objects for some settings, in order of creation. */
export function addonObjects(place: Place, settings: AddonSettings): NewObject[] {
  const { kube, cluster, addon } = place;
  const values: Values = (settings.configurationValues ? parse(settings.configurationValues, { maxAliasCount: 50 }) : undefined) ?? {};
  const objects = renderAddon(
    {
      name: addon.name,
      namespace: addon.namespace,
      values,
      roles: roles(place, settings.serviceAccountRoleArn),
      ...(addon.restartedAt === undefined ? {} : { restartedAt: addon.restartedAt }),
    },
    facts(cluster, settings.version),
  );
  if (!configuresReplicas(values)) keepReplicas(kube, objects);
  return objects;
}

function facts(cluster: ClusterRecord, version: string): AddonFacts {
  return {
    clusterName: cluster.name,
    region: cluster.region,
    vpcId: cluster.vpcId,
    ipFamily: cluster.ipFamily,
    endpoint: cluster.endpoint ?? "",
    dnsAddress: serviceAddress(cluster.serviceIpv4Cidr ?? cluster.serviceIpv6Cidr ?? "", 10),
    version,
    registry: registryOf(cluster.region),
  };
}

const configuresReplicas = (values: Values) =>
  values.replicaCount !== undefined || values.controller?.replicaCount !== undefined || values.autoScaling?.enabled === true;

/** The number of replicas is the user's unless configured (EKS User Guide, Determine fields you can customize). */
function keepReplicas(kube: KubeClient, objects: readonly NewObject[]): void {
  for (const { kind, metadata, spec } of workloads(objects)) {
    if (kind !== "Deployment") continue;
    const live = kube.get("deployments.apps", metadata.namespace ?? "", metadata.name ?? "");
    if (live?.spec?.replicas !== undefined) spec.replicas = live.spec.replicas;
  }
}

/** IRSA's role for the accounts that need permissions, except where the Pod Identity agent serves an association. */
function roles({ state, kube, cluster, addon }: Place, roleArn: string | undefined): Record<string, string> {
  if (!roleArn) return {};
  const accounts = findAddon(addon.name)?.serviceAccounts ?? [];
  const needy = accounts.filter(({ policies }) => policies);
  const agent = kube.get("daemonsets.apps", "kube-system", AGENT_NAME) !== undefined;
  const key = clusterKey(cluster, cluster.name);
  return Object.fromEntries(
    (needy.length > 0 ? needy : accounts)
      .filter(({ name }) => !(agent && associationFor(state, key, addon.namespace, name)))
      .map(({ name }) => [name, roleArn]),
  );
}
