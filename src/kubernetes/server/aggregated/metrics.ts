// PodMetrics and NodeMetrics (metrics.k8s.io/v1beta1) as metrics-server makes them, from what the kubelets measure.
import type { KubeObject } from "../../api/object.ts";
import { notFound } from "../../api/status.ts";
import type { Usage } from "../../kubelet/usage.ts";
import { timestamp } from "../../runtime/time.ts";
import type { ServerContext, Target } from "../context.ts";
import { filterOf, selects } from "../read.ts";
import type { ResourceInfo } from "../resource.ts";

const pods = { group: "", plural: "pods" };
const nodes = { group: "", plural: "nodes" };

/** One object's metrics. Throws 404 where nothing is measured. */
export function readMetrics(context: ServerContext, { resource, namespace, name }: Target): KubeObject {
  const object = context.objects.get(resource.metrics === "pods" ? pods : nodes, namespace, name);
  const found = object && measureOf(context, resource)(object);
  if (!found) throw notFound(resource, namespace ? `${namespace}/${name}` : name);
  return found;
}

/** Metrics of the selected pods or nodes; those without any are left out. Throws 400 for bad selectors. */
export function listMetrics(context: ServerContext, resource: ResourceInfo, namespace: string, query: URLSearchParams): KubeObject[] {
  const filter = filterOf(resource, query.get("labelSelector") ?? "", query.get("fieldSelector") ?? "");
  const objects = context.objects.list(resource.metrics === "pods" ? pods : nodes, namespace || undefined);
  const measure = measureOf(context, resource);
  return objects.flatMap((object) => (selects(filter, object) ? (measure(object) ?? []) : []));
}

/** How objects of the resource are measured now. */
function measureOf(context: ServerContext, resource: ResourceInfo): (object: KubeObject) => KubeObject | undefined {
  if (resource.metrics === "pods") return (pod) => podMetrics(context, pod);
  const byNode = Map.groupBy(context.objects.list(pods), ({ spec }) => spec?.nodeName as string | undefined);
  return (node) => nodeMetrics(context, node, byNode.get(node.metadata.name) ?? []);
}

function podMetrics(context: ServerContext, pod: KubeObject): KubeObject | undefined {
  const sample = context.options.usage?.pod(pod, context.now());
  if (!sample) return undefined;
  const containers = [...sample.containers].map(([name, usage]) => ({ name, usage: amounts(usage) }));
  return { ...head(context, "PodMetrics", pod, sample), containers };
}

function nodeMetrics(context: ServerContext, node: KubeObject, here: readonly KubeObject[]): KubeObject | undefined {
  const sample = context.options.usage?.node(node, here, context.now());
  return sample && { ...head(context, "NodeMetrics", node, sample), usage: amounts(sample.usage) };
}

function head(context: ServerContext, kind: string, { metadata }: KubeObject, sample: { at: number; window: number }): KubeObject {
  const { name, namespace, labels } = metadata;
  return {
    kind,
    apiVersion: "metrics.k8s.io/v1beta1",
    metadata: {
      name,
      ...(namespace && { namespace }),
      creationTimestamp: timestamp(context.now()),
      ...(labels && { labels }),
    } as KubeObject["metadata"],
    timestamp: timestamp(sample.at),
    window: `${sample.window / 1000}s`,
  };
}

const amounts = ({ cpu, memory }: Usage) => ({ cpu: `${cpu}n`, memory: `${Math.round(memory / 1024)}Ki` });
