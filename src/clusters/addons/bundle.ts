// Objects of the add-ons that are not the cluster's foundation, built from the names their bundles have (spec addons §12).
import type { NewObject } from "../../kubernetes/api/object.ts";
import { BUNDLE_CRDS } from "./bundle-crds.ts";
import { crd } from "./crd.ts";
import rows from "./data/bundles.json" with { type: "json" };
import { type AddonFacts, clusterRole, nodeAffinity } from "./facts.ts";

/** A workload of a bundle. */
interface WorkloadRow {
  readonly name: string;
  readonly replicas?: number;
  readonly containers?: readonly string[];
  readonly initContainers?: readonly string[];
  readonly hostNetwork?: boolean;
  /** Only made when a setting asks for it. */
  readonly optional?: boolean;
}

/** What an add-on's bundle contains, by name. */
export interface Bundle {
  readonly name: string;
  readonly serviceAccounts: readonly string[];
  readonly compute: readonly string[];
  /** Its webhooks get their certificates from cert-manager, which must be there first. */
  readonly needsCertManager: boolean;
  readonly deployments?: readonly WorkloadRow[];
  readonly daemonSets?: readonly WorkloadRow[];
  readonly csiDrivers?: readonly string[];
  readonly podDisruptionBudgets?: readonly string[];
  readonly customResourceDefinitions?: readonly string[];
  readonly services?: readonly string[];
  /** Names of APIServices that the first service stands for. */
  readonly apiServices?: readonly string[];
  readonly namespaces?: readonly { readonly name: string }[];
}

const bundles = new Map((rows as unknown as readonly Bundle[]).map((bundle) => [bundle.name, bundle]));

/** The bundle of an add-on; undefined for those with manifests of their own, and unknown ones. */
export const findBundle = (name: string): Bundle | undefined => bundles.get(name);

/** These run on accelerated nodes only, where their operators put them. */
const ACCELERATED = new Set(["dcgm-exporter", "neuron-monitor"]);

/** The add-on's objects in order of creation. */
export function bundleObjects(bundle: Bundle, facts: AddonFacts, namespace: string): NewObject[] {
  const labels = { "app.kubernetes.io/name": bundle.name, "app.kubernetes.io/managed-by": "EKS" };
  const metadata = (name: string) => ({ name, namespace, labels });
  const wanted = (workloads: readonly WorkloadRow[] = []) => workloads.filter(({ name, optional }) => !optional && !ACCELERATED.has(name));
  const [first = bundle.name] = bundle.serviceAccounts;
  return [
    ...(bundle.namespaces ?? [])
      .filter(({ name }) => name !== namespace)
      .map(({ name }) => ({ apiVersion: "v1", kind: "Namespace", metadata: { name, labels } })),
    ...(bundle.customResourceDefinitions ?? []).map(definition),
    ...(bundle.csiDrivers ?? []).map((name) => csiDriver(name, labels)),
    ...bundle.serviceAccounts.map((name) => ({ apiVersion: "v1", kind: "ServiceAccount", metadata: metadata(name) })),
    ...clusterRole(bundle.name, first, rules(bundle), labels).map((object) => bindAll(object, bundle.serviceAccounts, namespace)),
    ...(bundle.services ?? []).map((name) => ({
      apiVersion: "v1",
      kind: "Service",
      metadata: metadata(name),
      spec: { selector: { "app.kubernetes.io/component": name }, ports: [{ name: "https", port: 443, targetPort: 10250 }] },
    })),
    ...(bundle.apiServices ?? []).flatMap((name) => [
      apiService(name, { name: bundle.services?.[0] ?? bundle.name, namespace }, labels),
      metricsReader(name, labels),
    ]),
    ...wanted(bundle.deployments).map((row) => workload(bundle, "Deployment", row, facts, metadata(row.name))),
    ...wanted(bundle.daemonSets).map((row) => workload(bundle, "DaemonSet", row, facts, metadata(row.name))),
    ...(bundle.podDisruptionBudgets ?? []).map((name) => ({
      apiVersion: "policy/v1",
      kind: "PodDisruptionBudget",
      metadata: metadata(name),
      spec: { maxUnavailable: 1, selector: { matchLabels: { "app.kubernetes.io/component": name } } },
    })),
  ];
}

function definition(name: string): NewObject {
  const row = BUNDLE_CRDS[name];
  if (!row) throw new Error(`nothing is known of the custom resource ${name}`);
  const [kind, version, scope] = row;
  const [plural = "", ...group] = name.split(".");
  return crd(plural, kind, group.join("."), version, scope);
}

const csiDriver = (name: string, labels: object): NewObject => ({
  apiVersion: "storage.k8s.io/v1",
  kind: "CSIDriver",
  metadata: { name, labels: { ...labels } },
  spec: { attachRequired: name === "ebs.csi.aws.com", podInfoOnMount: name === "s3.csi.aws.com" },
});

/** `v1beta1.metrics.k8s.io`, served by a service of the cluster. */
function apiService(name: string, service: object, labels: object): NewObject {
  const [version, ...group] = name.split(".");
  return {
    apiVersion: "apiregistration.k8s.io/v1",
    kind: "APIService",
    metadata: { name, labels: { ...labels } },
    spec: { group: group.join("."), version, service, groupPriorityMinimum: 100, versionPriority: 100, insecureSkipTLSVerify: true },
  };
}

/** Lets whoever may view a namespace read what its pods use. */
const metricsReader = (name: string, labels: object): NewObject => ({
  apiVersion: "rbac.authorization.k8s.io/v1",
  kind: "ClusterRole",
  metadata: {
    name: "system:aggregated-metrics-reader",
    labels: Object.assign(
      { ...labels },
      ...["admin", "edit", "view"].map((each) => ({ [`rbac.authorization.k8s.io/aggregate-to-${each}`]: "true" })),
    ),
  },
  rules: [{ apiGroups: [name.split(".").slice(1).join(".")], resources: ["pods", "nodes"], verbs: ["get", "list", "watch"] }],
});

/** Reading what its pods live among, and its own custom resources. */
function rules({ customResourceDefinitions = [] }: Bundle): object[] {
  const groups = [...new Set(customResourceDefinitions.map((name) => name.split(".").slice(1).join(".")))];
  return [
    { apiGroups: [""], resources: ["nodes", "pods", "namespaces", "services", "endpoints"], verbs: ["get", "list", "watch"] },
    { apiGroups: [""], resources: ["events"], verbs: ["create", "patch"] },
    ...(groups.length > 0 ? [{ apiGroups: groups, resources: ["*"], verbs: ["*"] }] : []),
  ];
}

function bindAll(object: NewObject, accounts: readonly string[], namespace: string): NewObject {
  if (object.kind !== "ClusterRoleBinding") return object;
  return { ...object, subjects: accounts.map((name) => ({ kind: "ServiceAccount", name, namespace })) };
}

/** Controllers run as the controllers' account and node agents as the nodes', where a bundle has both. */
function accountOf({ serviceAccounts, name }: Bundle, workloadName: string): string {
  const part = /controller/.test(workloadName) ? /controller/ : /node/;
  const own = serviceAccounts.find((account) => account === workloadName) ?? serviceAccounts.find((account) => part.test(account));
  return own ?? serviceAccounts[0] ?? name;
}

function workload(
  bundle: Bundle,
  kind: "Deployment" | "DaemonSet",
  row: WorkloadRow,
  facts: AddonFacts,
  metadata: NewObject["metadata"],
): NewObject {
  const selector = { "app.kubernetes.io/name": bundle.name, "app.kubernetes.io/component": row.name };
  const windows = row.name.endsWith("-windows");
  const image = (name: string) => `${facts.registry}/eks/${name}:${facts.version.replace(/-eksbuild.*$/, "")}`;
  const excluded = ["fargate", "hybrid", "auto"].filter((type) => !bundle.compute.includes(type));
  const names = row.containers ?? [row.name];
  return {
    apiVersion: "apps/v1",
    kind,
    metadata,
    spec: {
      ...(kind === "Deployment"
        ? { replicas: row.replicas ?? 1 }
        : { updateStrategy: { type: "RollingUpdate", rollingUpdate: { maxUnavailable: "10%" } } }),
      selector: { matchLabels: selector },
      template: {
        metadata: { labels: selector },
        spec: {
          serviceAccountName: accountOf(bundle, row.name),
          priorityClassName: kind === "DaemonSet" ? "system-node-critical" : "system-cluster-critical",
          ...(row.hostNetwork ? { hostNetwork: true } : {}),
          ...(kind === "DaemonSet" ? { tolerations: [{ operator: "Exists" }] } : {}),
          ...(windows ? { nodeSelector: { "kubernetes.io/os": "windows" } } : { affinity: nodeAffinity(excluded) }),
          containers: names.map((name, index) => ({
            name,
            image: image(index === 0 ? bundle.name : name),
            resources: { requests: { cpu: "10m", memory: "40Mi" } },
          })),
        },
      },
    },
  };
}
