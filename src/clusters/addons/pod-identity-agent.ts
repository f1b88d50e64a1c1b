// Objects of the eks-pod-identity-agent add-on (spec identity §3.5).
import type { NewObject } from "../../kubernetes/api/object.ts";
import { type AddonFacts, env, nodeAffinity } from "./facts.ts";

/** Name of the DaemonSet whose pods serve credentials on their node. */
export const AGENT_NAME = "eks-pod-identity-agent";

const LABELS = { "app.kubernetes.io/name": AGENT_NAME, "app.kubernetes.io/instance": AGENT_NAME };

/** The add-on's objects in order of creation. */
export function podIdentityAgent(facts: AddonFacts): NewObject[] {
  const image = `${facts.registry}/eks/eks-pod-identity-agent:${facts.version.replace(/-eksbuild.*$/, "")}`;
  const probe = (path: string) => ({ httpGet: { host: "localhost", path, port: "probes-port", scheme: "HTTP" }, timeoutSeconds: 10 });
  return [
    { apiVersion: "v1", kind: "ServiceAccount", metadata: { name: AGENT_NAME, namespace: "kube-system", labels: LABELS } },
    {
      apiVersion: "apps/v1",
      kind: "DaemonSet",
      metadata: { name: AGENT_NAME, namespace: "kube-system", labels: LABELS },
      spec: {
        selector: { matchLabels: LABELS },
        updateStrategy: { type: "RollingUpdate", rollingUpdate: { maxUnavailable: "10%" } },
        template: {
          metadata: { labels: LABELS },
          spec: {
            hostNetwork: true,
            priorityClassName: "system-node-critical",
            serviceAccountName: AGENT_NAME,
            terminationGracePeriodSeconds: 30,
            tolerations: [{ operator: "Exists" }],
            affinity: nodeAffinity(["fargate", "hybrid", "auto"]),
            initContainers: [
              {
                name: "eks-pod-identity-agent-init",
                image,
                command: ["/go-runner", "/eks-pod-identity-agent", "initialize"],
                securityContext: { privileged: true },
              },
            ],
            containers: [
              {
                name: AGENT_NAME,
                image,
                command: ["/go-runner", "/eks-pod-identity-agent", "server"],
                args: ["--port", "80", "--cluster-name", facts.clusterName, "--probe-port", "2703"],
                env: env({ AWS_REGION: facts.region }),
                ports: [
                  { name: "proxy", containerPort: 80 },
                  { name: "probes-port", containerPort: 2703 },
                ],
                livenessProbe: { ...probe("/healthz"), initialDelaySeconds: 30 },
                readinessProbe: { ...probe("/readyz"), initialDelaySeconds: 1 },
                securityContext: { capabilities: { add: ["CAP_NET_BIND_SERVICE"] } },
              },
            ],
          },
        },
      },
    },
  ];
}
