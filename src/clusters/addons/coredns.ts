// Objects of the coredns add-on (spec addons §12.1).
import type { NewObject } from "../../kubernetes/api/object.ts";
import { type AddonFacts, clusterRole } from "./facts.ts";

const LABELS = {
  "eks.amazonaws.com/component": "coredns",
  "k8s-app": "kube-dns",
  "kubernetes.io/cluster-service": "true",
  "kubernetes.io/name": "CoreDNS",
};
const SELECTOR = { "eks.amazonaws.com/component": "coredns", "k8s-app": "kube-dns" };
const COREFILE = `.:53 {
    errors
    health {
        lameduck 5s
    }
    ready
    kubernetes cluster.local in-addr.arpa ip6.arpa {
        pods insecure
        fallthrough in-addr.arpa ip6.arpa
    }
    prometheus :9153
    forward . /etc/resolv.conf
    cache 30
    loop
    reload
    loadbalance
}
`;

/** The add-on's objects in order of creation. */
export function coredns(facts: AddonFacts): NewObject[] {
  const metadata = (name: string) => ({ name, namespace: "kube-system", labels: LABELS });
  return [
    { apiVersion: "v1", kind: "ServiceAccount", metadata: metadata("coredns") },
    ...clusterRole("system:coredns", "coredns", rules(), LABELS),
    { apiVersion: "v1", kind: "ConfigMap", metadata: metadata("coredns"), data: { Corefile: COREFILE } },
    {
      apiVersion: "v1",
      kind: "Service",
      metadata: { ...metadata("kube-dns"), annotations: { "prometheus.io/port": "9153", "prometheus.io/scrape": "true" } },
      spec: {
        clusterIP: facts.dnsAddress,
        selector: { "k8s-app": "kube-dns" },
        ports: [
          { name: "dns", port: 53, protocol: "UDP", targetPort: 53 },
          { name: "dns-tcp", port: 53, protocol: "TCP", targetPort: 53 },
          { name: "metrics", port: 9153, protocol: "TCP", targetPort: 9153 },
        ],
      },
    },
    deployment(facts),
    {
      apiVersion: "policy/v1",
      kind: "PodDisruptionBudget",
      metadata: metadata("coredns"),
      spec: { maxUnavailable: 1, selector: { matchLabels: SELECTOR } },
    },
  ];
}

function rules(): object[] {
  return [
    { apiGroups: [""], resources: ["endpoints", "services", "pods", "namespaces"], verbs: ["list", "watch"] },
    { apiGroups: [""], resources: ["nodes"], verbs: ["get"] },
    { apiGroups: ["discovery.k8s.io"], resources: ["endpointslices"], verbs: ["list", "watch"] },
  ];
}

function deployment(facts: AddonFacts): NewObject {
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "coredns", namespace: "kube-system", labels: LABELS },
    spec: {
      replicas: 2,
      progressDeadlineSeconds: 600,
      selector: { matchLabels: SELECTOR },
      strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: "25%", maxUnavailable: 1 } },
      template: {
        metadata: { labels: SELECTOR },
        spec: {
          priorityClassName: "system-cluster-critical",
          serviceAccountName: "coredns",
          dnsPolicy: "Default",
          tolerations: [
            { key: "node-role.kubernetes.io/control-plane", effect: "NoSchedule" },
            { key: "CriticalAddonsOnly", operator: "Exists" },
          ],
          affinity: affinity(),
          topologySpreadConstraints: [
            {
              maxSkew: 1,
              topologyKey: "topology.kubernetes.io/zone",
              whenUnsatisfiable: "ScheduleAnyway",
              labelSelector: { matchLabels: { "k8s-app": "kube-dns" } },
            },
          ],
          containers: [container(facts)],
          volumes: [{ name: "config-volume", configMap: { name: "coredns", items: [{ key: "Corefile", path: "Corefile" }] } }],
        },
      },
    },
  };
}

function affinity(): object {
  return {
    nodeAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution: {
        nodeSelectorTerms: [
          {
            matchExpressions: [
              { key: "kubernetes.io/os", operator: "In", values: ["linux"] },
              { key: "kubernetes.io/arch", operator: "In", values: ["amd64", "arm64"] },
            ],
          },
        ],
      },
    },
    podAntiAffinity: {
      preferredDuringSchedulingIgnoredDuringExecution: [
        {
          weight: 100,
          podAffinityTerm: {
            topologyKey: "kubernetes.io/hostname",
            labelSelector: { matchExpressions: [{ key: "k8s-app", operator: "In", values: ["kube-dns"] }] },
          },
        },
      ],
    },
  };
}

function container(facts: AddonFacts): object {
  const http = (path: string, port: number) => ({ httpGet: { path, port, scheme: "HTTP" } });
  return {
    name: "coredns",
    image: `${facts.registry}/eks/coredns:${facts.version}`,
    args: ["-conf", "/etc/coredns/Corefile"],
    ports: [
      { name: "dns", containerPort: 53, protocol: "UDP" },
      { name: "dns-tcp", containerPort: 53, protocol: "TCP" },
      { name: "metrics", containerPort: 9153, protocol: "TCP" },
    ],
    livenessProbe: { ...http("/health", 8080), initialDelaySeconds: 60, periodSeconds: 10, timeoutSeconds: 5, failureThreshold: 5 },
    readinessProbe: http("/ready", 8181),
    resources: { requests: { cpu: "100m", memory: "70Mi" }, limits: { memory: "170Mi" } },
    securityContext: {
      allowPrivilegeEscalation: false,
      capabilities: { add: ["NET_BIND_SERVICE"], drop: ["ALL"] },
      readOnlyRootFilesystem: true,
    },
    volumeMounts: [{ name: "config-volume", mountPath: "/etc/coredns", readOnly: true }],
  };
}
