// Adapters: what EKS's records mean to clusters, EKS Auth and the administration endpoints.
import type { ClusterSummary } from "./admin/handler.ts";
import type { ServiceCaller } from "./aws/caller.ts";
import type { Invoke } from "./aws/operation.ts";
import type { ClusterSurroundings } from "./clusters/facts.ts";
import { recordApiUse } from "./services/eks/api-use.ts";
import { selectProfile } from "./services/eks/fargate-selection.ts";
import type { AccessEntryRecord, AssociationRecord } from "./services/eks/records.ts";
import type { EksState } from "./services/eks/state.ts";
import type { Associations } from "./services/eks-auth/deps.ts";
import type { LogBook } from "./services/logs/log-book.ts";
import type { CallRecorder, CredentialSource } from "./services/ports.ts";

/** What running clusters ask, answered from EKS's records, EC2 and CloudWatch Logs. */
export function surroundings(state: EksState, invoke: Invoke, logs: LogBook): ClusterSurroundings {
  return {
    access({ key }) {
      const cluster = state.clusters.get(key);
      return {
        mode: cluster?.authenticationMode ?? "API",
        creatorArn: cluster?.bootstrapCreatorAdmin ? cluster.creator.principalArn : undefined,
        entries: () => state.accessEntries.list(`${key}/`).map(accessEntry),
      };
    },
    hasPodIdentityAssociation: ({ key }, namespace, serviceAccount) => findAssociation(state, key, namespace, serviceAccount) !== undefined,
    fargateProfile: ({ key }, namespace, labels) => selectProfile(state.fargateProfiles.list(`${key}/`), { namespace, labels })?.name,
    deliverLog({ account, region, name }, stream, lines) {
      const group = `/aws/eks/${name}/cluster`;
      const now = lines.at(-1)?.timestamp ?? 0;
      logs.ensure({ account, region }, group, stream, now);
      logs.append(account, region, group, stream, lines, now);
    },
    deprecatedUse: ({ key }, use) => recordApiUse(state, key, use),
    autoMode: ({ key }) => state.clusters.get(key)?.autoMode ?? false,
    identityProvider: ({ key }) => state.identityProviders.list(`${key}/`).find(({ status }) => status === "ACTIVE"),
    async instanceDnsName({ account, partition, region }, instanceId) {
      const service = "eks.amazonaws.com";
      const caller: ServiceCaller = { kind: "service", service, partition, accountId: account, arn: service, userId: service };
      const found = await invoke("ec2", "DescribeInstances", { InstanceIds: [instanceId] }, { caller, region }).catch(() => undefined);
      return found?.Reservations?.[0]?.Instances?.[0]?.PrivateDnsName || undefined;
    },
  };
}

/** What EKS Auth asks. */
export function associationsOf(state: EksState): Associations {
  return {
    cluster(account, region, name) {
      const key = `${account}/${region}/${name}`;
      const cluster = state.clusters.get(key);
      return cluster && { key, name, arn: cluster.arn };
    },
    association: (clusterKey, namespace, serviceAccount) => findAssociation(state, clusterKey, namespace, serviceAccount),
  };
}

/** Clusters as the administration endpoints show them. */
export function clusterSummaries(state: EksState): ClusterSummary[] {
  return state.clusters
    .entries()
    .map(([key, { account, region, name, arn, status, version, endpoint = "", certificateAuthority = "" }]) => ({
      ...{ key, account, region, name, arn, status, version, endpoint, certificateAuthority },
    }));
}

/** Asks several sources in turn. */
export function anyOf(...sources: readonly CredentialSource[]): CredentialSource {
  return {
    credential(accessKeyId) {
      for (const source of sources) {
        const found = source.credential(accessKeyId);
        if (found) return found;
      }
      return undefined;
    },
  };
}

/** Tells several recorders. */
export function allOf(...recorders: readonly CallRecorder[]): CallRecorder {
  return {
    record(call) {
      for (const recorder of recorders) recorder.record(call);
    },
  };
}

/** The association of a service account; undefined if it has none. */
export function findAssociation(
  state: EksState,
  clusterKey: string,
  namespace: string,
  serviceAccount: string,
): AssociationRecord | undefined {
  return state.associations.list(`${clusterKey}/`).find((each) => each.namespace === namespace && each.serviceAccount === serviceAccount);
}

function accessEntry({ principalArn, principalId, type, username, kubernetesGroups, policies }: AccessEntryRecord) {
  return {
    principalArn,
    principalId,
    type,
    username,
    groups: kubernetesGroups,
    policies: policies.map(({ policyArn, scope, namespaces }) => ({
      policyArn,
      scope: scope === "cluster" ? ({ type: "cluster" } as const) : ({ type: "namespace", namespaces } as const),
    })),
  };
}
