// Everything that makes a local process the pod: environment, token files, agent (`atoll run --as-pod`).
import type { Clock } from "../base/clock.ts";
import type { EmbeddedCluster } from "../clusters/embedded-cluster.ts";
import type { KubeObject } from "../kubernetes/api/object.ts";
import { type PodToken, PodTokens, type TokenSource } from "../kubernetes/kubelet/tokens.ts";
import { containerEnvironment } from "./pod-environment.ts";
import type { SimulatedNodes } from "./simulated-nodes.ts";

/** What a container of a pod sees. */
export interface PodIdentity {
  readonly env: Readonly<Record<string, string>>;
  /** Files by their path in the container. */
  readonly files: readonly { readonly path: string; readonly content: string }[];
  /** When the files should be read again; epoch milliseconds. */
  readonly refreshAt: number;
}

/** The pod cannot lend its identity; the message says why and what to do. */
export class PodIdentityError extends Error {}

type Container = Parameters<typeof containerEnvironment>[1] & {
  readonly name: string;
  readonly volumeMounts?: readonly { readonly name: string; readonly mountPath: string }[];
};

interface ProjectedSource {
  readonly serviceAccountToken?: TokenSource;
  readonly configMap?: { readonly name: string; readonly items?: readonly { readonly key: string; readonly path: string }[] };
  readonly downwardAPI?: { readonly items?: readonly { readonly path: string; readonly fieldRef?: { readonly fieldPath: string } }[] };
}

/** Reads identities of pods on simulated nodes. */
export class PodIdentities {
  readonly #nodes: SimulatedNodes;
  readonly #clock: Clock;
  readonly #endpoint: () => string;
  readonly #tokens = new WeakMap<EmbeddedCluster, PodTokens>();

  /** `endpoint` is the base URL of the AWS APIs. */
  constructor(nodes: SimulatedNodes, clock: Clock, endpoint: () => string) {
    this.#nodes = nodes;
    this.#clock = clock;
    this.#endpoint = endpoint;
  }

  /** The identity of a running pod's container; default its first. Throws PodIdentityError. */
  async read(cluster: EmbeddedCluster, namespace: string, name: string, containerName?: string): Promise<PodIdentity> {
    const client = cluster.client();
    const pod = client.get("pods", namespace, name);
    if (!pod)
      throw new PodIdentityError(
        `There is no pod ${namespace}/${name} in cluster ${cluster.facts.name}; list them with: kubectl get pods -A`,
      );
    if (pod.status?.phase !== "Running") {
      throw new PodIdentityError(
        `Pod ${namespace}/${name} is ${pod.status?.phase ?? "Pending"}, not Running; see: kubectl -n ${namespace} describe pod ${name}`,
      );
    }
    const containers: Container[] = pod.spec.containers;
    const container = containerName === undefined ? containers[0] : containers.find((each) => each.name === containerName);
    if (!container) {
      throw new PodIdentityError(
        `Pod ${namespace}/${name} has no container ${containerName}; it has ${containers.map((each) => each.name).join(", ")}`,
      );
    }
    const { files, refreshAt } = await this.#files(cluster, pod, container);
    const env = containerEnvironment(pod, container, (type, object) => client.get(type, namespace, object));
    return { env: { ...env, ...(await this.#surroundings(cluster, pod, env)) }, files, refreshAt };
  }

  /** The token a pod reads at `source`, as its kubelet asks for it. Rejects with the API server's refusal. */
  token(cluster: EmbeddedCluster, pod: KubeObject, source: TokenSource): Promise<PodToken> {
    return this.#tokensOf(cluster).tokenFor(pod, source);
  }

  /** Where a process outside the pod's network finds what the pod finds at fixed addresses. */
  async #surroundings(cluster: EmbeddedCluster, pod: KubeObject, env: Readonly<Record<string, string>>): Promise<Record<string, string>> {
    const api = new URL(cluster.endpoint.endpoint);
    const found: Record<string, string> = {
      AWS_ENDPOINT_URL: this.#endpoint(),
      KUBERNETES_SERVICE_HOST: api.hostname,
      KUBERNETES_SERVICE_PORT: api.port,
      HOSTNAME: pod.metadata.name,
    };
    const node = this.#nodes.byName(cluster.facts.key, pod.spec.nodeName);
    const imds = await node?.imdsUrl({ hostNetwork: pod.spec.hostNetwork === true });
    const metadata: Record<string, string> = imds ? { AWS_EC2_METADATA_SERVICE_ENDPOINT: imds } : { AWS_EC2_METADATA_DISABLED: "true" };
    if (env.AWS_CONTAINER_CREDENTIALS_FULL_URI === undefined) return { ...found, ...metadata };
    const agent = await node?.agentUrl();
    if (!agent) {
      throw new PodIdentityError(
        `No Pod Identity agent runs on node ${pod.spec.nodeName}; install it with: aws eks create-addon --cluster-name ${cluster.facts.name} --addon-name eks-pod-identity-agent`,
      );
    }
    return { ...found, ...metadata, AWS_CONTAINER_CREDENTIALS_FULL_URI: agent };
  }

  async #files(cluster: EmbeddedCluster, pod: KubeObject, container: Container): Promise<Pick<PodIdentity, "files" | "refreshAt">> {
    const files: { path: string; content: string }[] = [];
    let refreshAt = Number.POSITIVE_INFINITY;
    const now = this.#clock.now();
    for (const { name, mountPath } of container.volumeMounts ?? []) {
      const volume = pod.spec.volumes?.find((each: { name: string }) => each.name === name);
      for (const source of (volume?.projected?.sources ?? []) as ProjectedSource[]) {
        if (source.serviceAccountToken) {
          const { token, expirationTimestamp } = await this.#tokensOf(cluster).tokenFor(pod, source.serviceAccountToken);
          files.push({ path: `${mountPath}/${source.serviceAccountToken.path}`, content: token });
          refreshAt = Math.min(refreshAt, now + (Date.parse(expirationTimestamp) - now) * 0.8);
        }
        files.push(...staticFiles(cluster, pod, source).map(({ path, content }) => ({ path: `${mountPath}/${path}`, content })));
      }
    }
    return { files, refreshAt: Number.isFinite(refreshAt) ? Math.floor(refreshAt) : now + 3600_000 };
  }

  #tokensOf(cluster: EmbeddedCluster): PodTokens {
    let tokens = this.#tokens.get(cluster);
    if (!tokens) {
      const clientFor = (node: string) =>
        cluster.client({ username: `system:node:${node}`, groups: ["system:nodes", "system:authenticated"] });
      tokens = new PodTokens(clientFor, this.#clock);
      this.#tokens.set(cluster, tokens);
    }
    return tokens;
  }
}

/** Files of a projected volume that are not tokens: the CA bundle and the namespace. */
function staticFiles(
  cluster: EmbeddedCluster,
  pod: KubeObject,
  { configMap, downwardAPI }: ProjectedSource,
): { path: string; content: string }[] {
  const data: Record<string, string> = configMap
    ? (cluster.client().get("configmaps", pod.metadata.namespace ?? "", configMap.name)?.data ?? {})
    : {};
  const fromMap = configMap?.items
    ? configMap.items.flatMap(({ key, path }) => (data[key] === undefined ? [] : [{ path, content: data[key] }]))
    : Object.entries(data).map(([path, content]) => ({ path, content }));
  const fromPod = (downwardAPI?.items ?? []).flatMap(({ path, fieldRef }) =>
    fieldRef?.fieldPath === "metadata.namespace" ? [{ path, content: pod.metadata.namespace ?? "" }] : [],
  );
  return [...fromMap, ...fromPod];
}
