// The checks behind insights, computed from the cluster's nodes, add-ons, health and API usage (spec eks-control-plane §7.4).
import type { InsightStatusValue } from "@aws-sdk/client-eks";
import type { KubeObject } from "../../kubernetes/api/object.ts";
import { findAddon, isOffered } from "../../services/eks/addons/catalogue.ts";
import type { ApiClient } from "../../services/eks/api-use.ts";
import type { Finding, InsightResource } from "../../services/eks/insight-records.ts";
import type { AddonRecord, ClusterRecord } from "../../services/eks/records.ts";
import { minor, VERSIONS } from "../../services/eks/versions.ts";
import { deprecatedApis, incompatibleApis } from "./apis.ts";
import { finding } from "./finding.ts";

/** What is looked at. */
export interface Subject {
  readonly cluster: ClusterRecord;
  readonly addons: readonly AddonRecord[];
  readonly nodes: readonly KubeObject[];
  readonly kubeProxy: KubeObject | undefined;
  /** Who used deprecated APIs within the last 30 days. */
  readonly apiClients: readonly ApiClient[];
  /** Objects of a resource type; none of a type that is not served. */
  readonly list: (type: string) => readonly KubeObject[];
}

const DAY = 24 * 3600 * 1000;
const ROLLBACK_WINDOW = 7 * DAY;
/** A kubelet may be this many minor versions behind its API server. */
const LARGEST_SKEW = 3;
/** Minor version in a text such as `v1.33.5-eks-a1b2c3d` or an image's tag; undefined if there is none. */
function minorIn(text: unknown): number | undefined {
  const found = /v1\.(\d{1,3})\./.exec(typeof text === "string" ? text : "");
  return found ? Number(found[1]) : undefined;
}

/** Everything there is to say about a cluster at `now`. */
export function findings(subject: Subject, now: number): Finding[] {
  const { cluster } = subject;
  const current = minor(cluster.version);
  const next = `1.${current + 1}`;
  const upgrades = VERSIONS.versions.some((facts) => facts.version === next)
    ? [
        ...deprecatedApis(current, subject.apiClients),
        kubeletSkew(subject, current, next),
        kubeProxySkew(subject, current, next),
        addonCompatibility(subject, next),
        health(cluster, next),
      ]
    : [];
  const last = cluster.versionHistory[cluster.versionHistory.length - 1];
  const canGoBack = last && !last.rollback && last.version === cluster.version && now - last.at <= ROLLBACK_WINDOW;
  return canGoBack ? [...upgrades, ...rollbacks(subject, current - 1), incompatibleApis(current, current - 1, subject.list)] : upgrades;
}

/** How far behind something may be: too far for the next version is an error, for the one after a warning. */
function skewStatus(behind: number): InsightStatusValue {
  if (behind >= LARGEST_SKEW) return "ERROR";
  return behind === LARGEST_SKEW - 1 ? "WARNING" : "PASSING";
}

function kubeletSkew({ nodes }: Subject, current: number, kubernetesVersion: string): Finding {
  const resources = nodes.flatMap((node): InsightResource[] => {
    const own = minorIn(node.status?.nodeInfo?.kubeletVersion);
    const status = own === undefined ? "PASSING" : skewStatus(current - own);
    const reason = `The kubelet version is 1.${own}, the control plane's 1.${current}.`;
    return status === "PASSING" ? [] : [{ status, reason, kubernetesResourceUri: `/api/v1/nodes/${node.metadata.name}` }];
  });
  const base = {
    ...{ name: "Kubelet version skew", category: "UPGRADE_READINESS" as const, kubernetesVersion },
    description: "Checks whether the kubelet versions of the nodes would be within the supported skew after an upgrade.",
    recommendation: "Update the nodes before the cluster.",
  };
  const passing = "Node kubelet versions match the cluster control plane version.";
  return finding(base, resources, passing, "Kubelets are too far behind the cluster control plane version.");
}

function kubeProxySkew({ kubeProxy }: Subject, current: number, kubernetesVersion: string): Finding {
  const own = minorIn(kubeProxy?.spec?.template?.spec?.containers?.[0]?.image);
  const status = own === undefined || own === current ? "PASSING" : current - own >= LARGEST_SKEW || own > current ? "ERROR" : "WARNING";
  const reason = `The kube-proxy version is 1.${own}, the control plane's 1.${current}.`;
  const uri = "/apis/apps/v1/namespaces/kube-system/daemonsets/kube-proxy";
  const base = {
    ...{ name: "kube-proxy version skew", category: "UPGRADE_READINESS" as const, kubernetesVersion },
    description: "Checks whether the kube-proxy version matches the version of the control plane.",
    recommendation: "Update kube-proxy to the minor version of the control plane.",
  };
  const resources = status === "PASSING" ? [] : [{ status, reason, kubernetesResourceUri: uri } as const];
  return finding(base, resources, "kube-proxy versions match the cluster control plane version.", reason);
}

function addonsFor(addons: readonly AddonRecord[], kubernetesVersion: string) {
  const known = addons.flatMap((addon) => {
    const facts = findAddon(addon.name);
    return facts ? [{ addon, facts }] : [];
  });
  const failing = known.filter(({ addon, facts }) => !isOffered(facts, addon.version, kubernetesVersion));
  return {
    resources: failing.map(({ addon }): InsightResource => {
      const reason = `Version ${addon.version} of ${addon.name} is not compatible with Kubernetes ${kubernetesVersion}.`;
      return { status: "ERROR", reason, arn: addon.arn };
    }),
    addons: failing.map(({ addon, facts }) => ({
      name: addon.name,
      compatibleVersions: facts.versions.map(([version]) => version).filter((version) => isOffered(facts, version, kubernetesVersion)),
    })),
  };
}

function addonCompatibility({ addons }: Subject, kubernetesVersion: string): Finding {
  const { resources, addons: details } = addonsFor(addons, kubernetesVersion);
  const base = {
    ...{ name: "EKS add-on version compatibility", category: "UPGRADE_READINESS" as const, kubernetesVersion },
    description: "Checks whether the installed EKS add-on versions are compatible with the next Kubernetes version.",
    recommendation: "Update the add-ons to versions that are compatible with the next Kubernetes version.",
  };
  const passing = "All installed EKS add-on versions are compatible with next Kubernetes version.";
  const failing = "Installed EKS add-on versions are not compatible with next Kubernetes version.";
  return finding(base, resources, passing, failing, { addons: details });
}

function health(cluster: ClusterRecord, kubernetesVersion: string): Finding {
  const resources = cluster.health.map((issue): InsightResource => ({ status: "ERROR", reason: issue.message, arn: cluster.arn }));
  const base = {
    ...{ name: "Cluster health issues", category: "UPGRADE_READINESS" as const, kubernetesVersion },
    description: "Checks for health issues that would make an upgrade of the cluster fail.",
    recommendation: "Resolve the health issues before the upgrade.",
  };
  return finding(base, resources, "No cluster health issues detected.", "Cluster health issues detected.");
}

/** Checks for going back to the version before, while that is possible. */
function rollbacks({ addons, nodes }: Subject, target: number): Finding[] {
  const common = { category: "ROLLBACK_READINESS" as const, kubernetesVersion: `1.${target}` };
  const ahead = nodes.flatMap((node): InsightResource[] => {
    const own = minorIn(node.status?.nodeInfo?.kubeletVersion);
    const reason = `The kubelet version is 1.${own}, newer than 1.${target}.`;
    return own !== undefined && own > target
      ? [{ status: "ERROR", reason, kubernetesResourceUri: `/api/v1/nodes/${node.metadata.name}` }]
      : [];
  });
  const kubelets = {
    ...{ ...common, name: "Kubelet version rollback compatibility" },
    description: "Checks whether any kubelet is newer than the version the cluster would go back to.",
    recommendation: "Roll the node groups back before the cluster.",
  };
  const versions = {
    ...{ ...common, name: "EKS add-on version rollback compatibility" },
    description: "Checks whether the installed EKS add-on versions are compatible with the version the cluster would go back to.",
    recommendation: "Change the add-ons to versions that are compatible with both.",
  };
  const { resources, addons: details } = addonsFor(addons, common.kubernetesVersion);
  return [
    finding(kubelets, ahead, "No kubelet is newer than the previous Kubernetes version.", "Kubelets are newer than the previous version."),
    finding(
      versions,
      resources,
      "All installed EKS add-on versions are compatible with the previous Kubernetes version.",
      "Installed EKS add-on versions are not compatible with the previous Kubernetes version.",
      { addons: details },
    ),
  ];
}
