// What health checks of load balancers find: pods that are ready, and node ports behind which some are.
import type { EmbeddedProvider } from "./clusters/embedded-provider.ts";
import type { KubeObject } from "./kubernetes/api/object.ts";
import type { KubeClient } from "./kubernetes/client/client.ts";
import type { EksState } from "./services/eks/state.ts";
import type { TargetProbe } from "./services/ports.ts";

/** Answers for the clusters of a VPC. */
export function targetProbe(state: EksState, provider: () => EmbeddedProvider): TargetProbe {
  return {
    targets({ account, region, vpcId }) {
      const clients = state.clusters
        .entries(`${account}/${region}/`)
        .flatMap(([key, cluster]) => (cluster.vpcId === vpcId ? [provider().cluster(key)?.client()] : []))
        .filter((client) => client !== undefined);
      const addresses = new Set(clients.flatMap((kube) => kube.list("pods").filter(isReady).flatMap(addressesOf)));
      return (target, port) =>
        target.startsWith("i-") ? clients.some((kube) => nodePortAnswers(kube, target, port)) : addresses.has(target);
    },
  };
}

const isTrue = (object: KubeObject, wanted: string): boolean =>
  object.status?.conditions?.some(({ type, status }: { type: string; status: string }) => type === wanted && status === "True") ?? false;

const isReady = (pod: KubeObject) => !pod.metadata.deletionTimestamp && isTrue(pod, "Ready");

const addressesOf = (pod: KubeObject): string[] => (pod.status?.podIPs ?? []).map(({ ip }: { ip: string }) => ip);

/** Whether a port of a node is a node port of a service with ready endpoints, or of a ready pod on the host's network. */
function nodePortAnswers(kube: KubeClient, instanceId: string, port: number): boolean {
  const node = kube.list("nodes").find((each) => each.spec?.providerID?.endsWith(`/${instanceId}`));
  if (!node || !isTrue(node, "Ready")) return false;
  const onHost = kube
    .list("pods")
    .some((pod) => pod.spec?.hostNetwork && pod.spec.nodeName === node.metadata.name && isReady(pod) && containerPorts(pod).includes(port));
  return onHost || kube.list("services").some((service) => servesOn(kube, service, node.metadata.name, port));
}

const containerPorts = (pod: KubeObject): number[] =>
  pod.spec.containers.flatMap(({ ports = [] }: { ports?: { containerPort: number; hostPort?: number }[] }) =>
    ports.map(({ containerPort, hostPort }) => hostPort ?? containerPort),
  );

function servesOn(kube: KubeClient, service: KubeObject, node: string, port: number): boolean {
  const { ports = [], healthCheckNodePort, externalTrafficPolicy } = service.spec ?? {};
  const isPort = ports.some(({ nodePort }: { nodePort?: number }) => nodePort === port);
  if (!isPort && healthCheckNodePort !== port) return false;
  const local = externalTrafficPolicy === "Local";
  const labelSelector = `kubernetes.io/service-name=${service.metadata.name}`;
  return kube
    .list("endpointslices.discovery.k8s.io", { namespace: service.metadata.namespace ?? "", labelSelector })
    .flatMap((slice) => (slice as KubeObject & { endpoints?: Endpoint[] }).endpoints ?? [])
    .some(({ conditions, nodeName }) => conditions?.ready !== false && (!local || nodeName === node));
}

interface Endpoint {
  readonly nodeName?: string;
  readonly conditions?: { readonly ready?: boolean };
}
