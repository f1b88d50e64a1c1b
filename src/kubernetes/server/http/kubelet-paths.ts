// What a simulated node's kubelet answers on its own port, through the API server's proxy: health, pods, configuration and usage.
import type { KubeObject } from "../../api/object.ts";
import { notImplemented } from "../../api/status.ts";
import { findCondition } from "../../runtime/conditions.ts";
import { milli } from "../../runtime/quantity.ts";
import { timestamp } from "../../runtime/time.ts";
import type { ServerContext } from "../context.ts";

/** The kubelet's port. */
export const kubeletPort = 10250;

/** An answer of the kubelet. */
export interface KubeletAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
}

const json = (value: object): KubeletAnswer => ({ status: 200, contentType: "application/json", body: `${JSON.stringify(value)}\n` });

/**
 * Answers a GET of a path of a node's kubelet. Undefined: the kubelet is not there. Throws 501 for what a kubelet has and a simulated one lacks:
 * counters, log files, debugging.
 */
export function kubeletAnswer(context: ServerContext, node: KubeObject, path: string): KubeletAnswer | undefined {
  if (findCondition(node.status?.conditions, "Ready")?.status !== "True") return undefined;
  switch (path.replace(/\/$/, "")) {
    case "/healthz":
    case "/healthz/ping":
    case "/healthz/log":
    case "/healthz/syncloop":
      return { status: 200, contentType: "text/plain; charset=utf-8", body: "ok" };
    case "/pods":
      return json({ kind: "PodList", apiVersion: "v1", metadata: {}, items: podsOn(context, node).map(withoutKind) });
    case "/configz":
      return json({ kubeletconfig: configuration(context, node) });
    case "/stats/summary":
      return json(summary(context, node));
    default:
      throw notImplemented(
        `nodes/proxy: the kubelet of a simulated node does not answer ${path}; it has /healthz, /pods, /configz and /stats/summary`,
      );
  }
}

function podsOn({ objects }: ServerContext, { metadata }: KubeObject): KubeObject[] {
  return objects.list({ group: "", plural: "pods" }).filter(({ spec }) => spec?.nodeName === metadata.name);
}

function withoutKind({ apiVersion: _, kind: __, ...rest }: KubeObject): object {
  return rest;
}

/** The settings that are known of the node. */
function configuration({ objects }: ServerContext, { spec, status }: KubeObject): object {
  const dns = objects.get({ group: "", plural: "services" }, "kube-system", "kube-dns")?.spec?.clusterIP;
  return {
    kind: "KubeletConfiguration",
    apiVersion: "kubelet.config.k8s.io/v1beta1",
    port: kubeletPort,
    maxPods: milli(status?.capacity?.pods) / 1000,
    providerID: spec?.providerID,
    clusterDomain: "cluster.local",
    ...(dns && { clusterDNS: [dns] }),
  };
}

/** Kubernetes' stats API (`stats/v1alpha1` Summary), as far as usage is simulated: without counters since a start. */
function summary(context: ServerContext, node: KubeObject): object {
  const pods = podsOn(context, node);
  const { usage } = context.options;
  const now = context.now();
  const own = usage?.node(node, pods, now);
  const memory = (time: string, bytes: number) => ({ time, usageBytes: bytes, workingSetBytes: bytes });
  const cpu = (time: string, cores: number) => ({ time, usageNanoCores: cores });
  return {
    node: {
      nodeName: node.metadata.name,
      startTime: node.metadata.creationTimestamp,
      ...(own && { cpu: cpu(timestamp(own.at), own.usage.cpu), memory: memory(timestamp(own.at), own.usage.memory) }),
    },
    pods: pods.flatMap((pod) => {
      const sample = usage?.pod(pod, now);
      if (!sample) return [];
      const { name, namespace, uid } = pod.metadata;
      const time = timestamp(sample.at);
      const all = [...sample.containers.values()];
      const total = (part: "cpu" | "memory") => all.reduce((sum, each) => sum + each[part], 0);
      return [
        {
          podRef: { name, namespace, uid },
          startTime: pod.status?.startTime,
          containers: [...sample.containers].map(([container, each]) => ({
            name: container,
            startTime: startOf(pod, container),
            cpu: cpu(time, each.cpu),
            memory: memory(time, each.memory),
          })),
          cpu: cpu(time, total("cpu")),
          memory: memory(time, total("memory")),
        },
      ];
    }),
  };
}

function startOf({ status }: KubeObject, container: string): string | undefined {
  const { containerStatuses = [], initContainerStatuses = [] } = status ?? {};
  return [...containerStatuses, ...initContainerStatuses].find(({ name }: any) => name === container)?.state?.running?.startedAt;
}
