// Objects of the vpc-cni add-on: DaemonSet aws-node and what it needs (spec vpc-cni §9.4).
import type { NewObject } from "../../kubernetes/api/object.ts";
import { policyEndpointCrd } from "../network-policy/crd.ts";
import { crd } from "./crd.ts";
import { type AddonFacts, clusterRole, env, nodeAffinity } from "./facts.ts";

const LABELS = {
  "app.kubernetes.io/name": "aws-node",
  "app.kubernetes.io/instance": "aws-vpc-cni",
  "k8s-app": "aws-node",
};
const READ = ["get", "list", "watch"];
const PROBE = {
  exec: { command: ["/app/grpc-health-probe", "-addr=unix:///var/run/aws-node/ipamd.sock", "-connect-timeout=5s", "-rpc-timeout=5s"] },
};

/** The add-on's objects in order of creation. */
export function vpcCni(facts: AddonFacts): NewObject[] {
  return [
    crd("eniconfigs", "ENIConfig", "crd.k8s.amazonaws.com", "v1alpha1", "Cluster"),
    policyEndpointCrd(),
    { apiVersion: "v1", kind: "ServiceAccount", metadata: { name: "aws-node", namespace: "kube-system", labels: LABELS } },
    ...clusterRole("aws-node", "aws-node", rules(), LABELS),
    configMap(),
    daemonSet(facts),
  ];
}

function rules(): object[] {
  return [
    { apiGroups: ["crd.k8s.amazonaws.com"], resources: ["eniconfigs"], verbs: READ },
    { apiGroups: [""], resources: ["namespaces"], verbs: READ },
    { apiGroups: [""], resources: ["pods"], verbs: READ },
    { apiGroups: [""], resources: ["nodes"], verbs: READ },
    { apiGroups: ["", "events.k8s.io"], resources: ["events"], verbs: ["create", "patch", "list"] },
    { apiGroups: ["networking.k8s.aws"], resources: ["policyendpoints", "clusterpolicyendpoints"], verbs: READ },
    { apiGroups: ["networking.k8s.aws"], resources: ["policyendpoints/status", "clusterpolicyendpoints/status"], verbs: ["get"] },
    { apiGroups: ["vpcresources.k8s.aws"], resources: ["cninodes"], verbs: [...READ, "patch"] },
    { nonResourceURLs: ["/apis/networking.k8s.aws", "/apis/networking.k8s.aws/*"], verbs: ["get"] },
  ];
}

function configMap(): NewObject {
  return {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: "amazon-vpc-cni", namespace: "kube-system", labels: LABELS },
    data: {
      "branch-eni-cooldown": "60",
      "enable-network-policy-controller": "false",
      "enable-windows-ipam": "false",
      "enable-windows-prefix-delegation": "false",
      "minimum-ip-target": "3",
      "warm-ip-target": "1",
      "warm-prefix-target": "0",
    },
  };
}

function daemonSet(facts: AddonFacts): NewObject {
  const ipv6 = String(facts.ipFamily === "ipv6");
  return {
    apiVersion: "apps/v1",
    kind: "DaemonSet",
    metadata: { name: "aws-node", namespace: "kube-system", labels: LABELS },
    spec: {
      selector: { matchLabels: { "k8s-app": "aws-node" } },
      updateStrategy: { type: "RollingUpdate", rollingUpdate: { maxUnavailable: "10%" } },
      template: {
        metadata: { labels: LABELS },
        spec: {
          hostNetwork: true,
          priorityClassName: "system-node-critical",
          serviceAccountName: "aws-node",
          terminationGracePeriodSeconds: 10,
          tolerations: [{ operator: "Exists" }],
          affinity: nodeAffinity(["fargate", "hybrid", "auto"]),
          initContainers: [
            {
              name: "aws-vpc-cni-init",
              image: `${facts.registry}/amazon-k8s-cni-init:${facts.version}`,
              env: env({ DISABLE_TCP_EARLY_DEMUX: "false", ENABLE_IPv6: ipv6 }),
              resources: { requests: { cpu: "25m" } },
              securityContext: { privileged: true },
            },
          ],
          containers: [cniContainer(facts, ipv6), nodeAgentContainer(facts)],
        },
      },
    },
  };
}

function cniContainer(facts: AddonFacts, ipv6: string): object {
  return {
    name: "aws-node",
    image: `${facts.registry}/amazon-k8s-cni:${facts.version}`,
    ports: [{ name: "metrics", containerPort: 61678 }],
    livenessProbe: { ...PROBE, initialDelaySeconds: 60, timeoutSeconds: 10 },
    readinessProbe: { ...PROBE, initialDelaySeconds: 1, timeoutSeconds: 10 },
    env: [
      ...env({
        ADDITIONAL_ENI_TAGS: "{}",
        AWS_VPC_CNI_NODE_PORT_SUPPORT: "true",
        AWS_VPC_ENI_MTU: "9001",
        AWS_VPC_K8S_CNI_CUSTOM_NETWORK_CFG: "false",
        AWS_VPC_K8S_CNI_EXTERNALSNAT: "false",
        AWS_VPC_K8S_CNI_LOGLEVEL: "DEBUG",
        AWS_VPC_K8S_CNI_RANDOMIZESNAT: "prng",
        AWS_VPC_K8S_CNI_VETHPREFIX: "eni",
        CLUSTER_ENDPOINT: facts.endpoint,
        CLUSTER_NAME: facts.clusterName,
        DISABLE_INTROSPECTION: "false",
        DISABLE_METRICS: "false",
        DISABLE_NETWORK_RESOURCE_PROVISIONING: "false",
        ENABLE_IMDS_ONLY_MODE: "false",
        ENABLE_IPv4: String(facts.ipFamily === "ipv4"),
        ENABLE_IPv6: ipv6,
        ENABLE_MULTI_NIC: "false",
        ENABLE_POD_ENI: "false",
        ENABLE_PREFIX_DELEGATION: ipv6,
        ENABLE_SUBNET_DISCOVERY: "true",
        NETWORK_POLICY_ENFORCING_MODE: "standard",
        VPC_CNI_VERSION: facts.version.replace(/-eksbuild.*$/, ""),
        VPC_ID: facts.vpcId,
        WARM_ENI_TARGET: "1",
        WARM_PREFIX_TARGET: "1",
      }),
      { name: "MY_NODE_NAME", valueFrom: { fieldRef: { apiVersion: "v1", fieldPath: "spec.nodeName" } } },
      { name: "MY_POD_NAME", valueFrom: { fieldRef: { apiVersion: "v1", fieldPath: "metadata.name" } } },
    ],
    resources: { requests: { cpu: "25m" } },
    securityContext: { capabilities: { add: ["NET_ADMIN", "NET_RAW"] } },
  };
}

function nodeAgentContainer(facts: AddonFacts): object {
  return {
    name: "aws-eks-nodeagent",
    image: `${facts.registry}/amazon/aws-network-policy-agent:v1.2.7-eksbuild.1`,
    args: [
      `--enable-ipv6=${facts.ipFamily === "ipv6"}`,
      "--enable-network-policy=false",
      "--enable-cloudwatch-logs=false",
      "--enable-policy-event-logs=false",
      "--metrics-bind-addr=:8162",
      "--health-probe-bind-addr=:8163",
    ],
    ports: [{ name: "agentmetrics", containerPort: 8162 }],
    env: [{ name: "MY_NODE_NAME", valueFrom: { fieldRef: { apiVersion: "v1", fieldPath: "spec.nodeName" } } }],
    resources: { requests: { cpu: "25m" } },
    securityContext: { privileged: true, capabilities: { add: ["NET_ADMIN"] } },
  };
}
