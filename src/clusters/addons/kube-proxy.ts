// Objects of the kube-proxy add-on.
import type { NewObject } from "../../kubernetes/api/object.ts";
import { type AddonFacts, nodeAffinity } from "./facts.ts";

const LABELS = { "k8s-app": "kube-proxy", "eks.amazonaws.com/component": "kube-proxy" };

/** The add-on's objects in order of creation. */
export function kubeProxy(facts: AddonFacts): NewObject[] {
  return [
    { apiVersion: "v1", kind: "ServiceAccount", metadata: { name: "kube-proxy", namespace: "kube-system", labels: LABELS } },
    {
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "ClusterRoleBinding",
      metadata: { name: "eks:kube-proxy", labels: LABELS },
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "system:node-proxier" },
      subjects: [{ kind: "ServiceAccount", name: "kube-proxy", namespace: "kube-system" }],
    },
    {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: "kube-proxy", namespace: "kube-system", labels: LABELS },
      data: { kubeconfig: kubeconfig(facts.endpoint) },
    },
    {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: "kube-proxy-config", namespace: "kube-system", labels: LABELS },
      data: {
        config: [
          "apiVersion: kubeproxy.config.k8s.io/v1alpha1",
          "kind: KubeProxyConfiguration",
          `bindAddress: ${facts.ipFamily === "ipv6" ? '"::"' : "0.0.0.0"}`,
          "clientConnection:",
          "  kubeconfig: /var/lib/kube-proxy/kubeconfig",
          'mode: "iptables"',
          "",
        ].join("\n"),
      },
    },
    daemonSet(facts),
  ];
}

function daemonSet(facts: AddonFacts): NewObject {
  return {
    apiVersion: "apps/v1",
    kind: "DaemonSet",
    metadata: { name: "kube-proxy", namespace: "kube-system", labels: LABELS },
    spec: {
      selector: { matchLabels: { "k8s-app": "kube-proxy" } },
      updateStrategy: { type: "RollingUpdate", rollingUpdate: { maxUnavailable: "10%" } },
      template: {
        metadata: { labels: { "k8s-app": "kube-proxy" } },
        spec: {
          hostNetwork: true,
          priorityClassName: "system-node-critical",
          serviceAccountName: "kube-proxy",
          tolerations: [{ operator: "Exists" }],
          affinity: nodeAffinity(["fargate", "auto"]),
          containers: [
            {
              name: "kube-proxy",
              image: `${facts.registry}/eks/kube-proxy:${facts.version.replace("-eksbuild", "-minimal-eksbuild")}`,
              command: ["kube-proxy", "--v=2", "--config=/var/lib/kube-proxy-config/config", "--hostname-override=$(NODE_NAME)"],
              env: [{ name: "NODE_NAME", valueFrom: { fieldRef: { apiVersion: "v1", fieldPath: "spec.nodeName" } } }],
              resources: { requests: { cpu: "100m" } },
              securityContext: { privileged: true },
              volumeMounts: [
                { name: "kubeconfig", mountPath: "/var/lib/kube-proxy/" },
                { name: "config", mountPath: "/var/lib/kube-proxy-config/" },
              ],
            },
          ],
          volumes: [
            { name: "kubeconfig", configMap: { name: "kube-proxy", defaultMode: 420 } },
            { name: "config", configMap: { name: "kube-proxy-config", defaultMode: 420 } },
          ],
        },
      },
    },
  };
}

function kubeconfig(endpoint: string): string {
  return [
    "kind: Config",
    "apiVersion: v1",
    "clusters:",
    "- cluster:",
    "    certificate-authority: /var/run/secrets/kubernetes.io/serviceaccount/ca.crt",
    `    server: ${endpoint}`,
    "  name: default",
    "contexts:",
    "- context:",
    "    cluster: default",
    "    namespace: default",
    "    user: default",
    "  name: default",
    "current-context: default",
    "users:",
    "- name: default",
    "  user:",
    "    tokenFile: /var/run/secrets/kubernetes.io/serviceaccount/token",
    "",
  ].join("\n");
}
