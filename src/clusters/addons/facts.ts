// What add-on manifests are rendered from.

/** Facts of the cluster an add-on is installed into. */
export interface AddonFacts {
  readonly clusterName: string;
  readonly region: string;
  readonly vpcId: string;
  readonly ipFamily: "ipv4" | "ipv6";
  /** API server URL. */
  readonly endpoint: string;
  /** Address of the kube-dns service. */
  readonly dnsAddress: string;
  /** `v1.20.4-eksbuild.2`. */
  readonly version: string;
  /** Registry host of the region's add-on images. */
  readonly registry: string;
}

/** EC2 nodes only: neither Fargate nor hybrid nor Auto Mode nodes (they bring their own). */
export function nodeAffinity(excluded: readonly string[]): object {
  return {
    nodeAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution: {
        nodeSelectorTerms: [
          {
            matchExpressions: [
              { key: "kubernetes.io/os", operator: "In", values: ["linux"] },
              { key: "kubernetes.io/arch", operator: "In", values: ["amd64", "arm64"] },
              ...(excluded.length > 0 ? [{ key: "eks.amazonaws.com/compute-type", operator: "NotIn", values: excluded }] : []),
            ],
          },
        ],
      },
    },
  };
}

/** Environment variables from a record; undefined values are left out. */
export function env(values: Readonly<Record<string, string | undefined>>): { name: string; value: string }[] {
  return Object.entries(values).flatMap(([name, value]) => (value === undefined ? [] : [{ name, value }]));
}

/** A ClusterRole bound to a service account of kube-system under the same name. */
export function clusterRole(name: string, serviceAccount: string, rules: readonly object[], labels: Readonly<Record<string, string>>) {
  return [
    { apiVersion: "rbac.authorization.k8s.io/v1", kind: "ClusterRole", metadata: { name, labels }, rules },
    {
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "ClusterRoleBinding",
      metadata: { name, labels },
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name },
      subjects: [{ kind: "ServiceAccount", name: serviceAccount, namespace: "kube-system" }],
    },
  ];
}
