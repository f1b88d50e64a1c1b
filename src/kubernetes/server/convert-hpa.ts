// HorizontalPodAutoscaler v1 knows one CPU target; v2 keeps it as a resource metric.
import type { KubeObject } from "../api/object.ts";

const annotation = "autoscaling.alpha.kubernetes.io/metrics";

const isCpu = (metric: any) =>
  metric?.type === "Resource" && metric.resource?.name === "cpu" && metric.resource?.target?.type === "Utilization";

/** autoscaling/v2 to v1; what v1 cannot say is kept in an annotation, as Kubernetes does. */
export function hpaFromV2(object: KubeObject): KubeObject {
  const { metrics = [], behavior: _, ...spec } = object.spec ?? {};
  const cpu = metrics.find(isCpu);
  const others = metrics.filter((metric: unknown) => metric !== cpu);
  const { currentMetrics = [], conditions: __, ...status } = object.status ?? {};
  const current = currentMetrics.find((metric: any) => metric?.type === "Resource" && metric.resource?.name === "cpu");
  return {
    ...object,
    apiVersion: "autoscaling/v1",
    metadata: {
      ...object.metadata,
      ...(others.length > 0 && { annotations: { ...object.metadata.annotations, [annotation]: JSON.stringify(others) } }),
    },
    spec: { ...spec, ...(cpu && { targetCPUUtilizationPercentage: cpu.resource.target.averageUtilization }) },
    status: {
      currentReplicas: 0,
      desiredReplicas: 0,
      ...status,
      ...(current && { currentCPUUtilizationPercentage: current.resource.current?.averageUtilization }),
    },
  };
}

/** autoscaling/v1 to v2. */
export function hpaToV2(object: KubeObject): KubeObject {
  const { targetCPUUtilizationPercentage: target, ...spec } = object.spec ?? {};
  const { [annotation]: text, ...annotations } = object.metadata.annotations ?? {};
  let metrics: unknown[] = [];
  try {
    metrics = text ? JSON.parse(text) : [];
  } catch {
    // An annotation that is not ours to read says nothing.
  }
  if (target !== undefined) {
    metrics = [...metrics, { type: "Resource", resource: { name: "cpu", target: { type: "Utilization", averageUtilization: target } } }];
  }
  const { currentCPUUtilizationPercentage: _, ...status } = object.status ?? {};
  return {
    ...object,
    apiVersion: "autoscaling/v2",
    metadata: { ...object.metadata, ...(text !== undefined && { annotations }) },
    spec: { ...spec, ...(metrics.length > 0 && { metrics }) },
    ...(object.status && { status }),
  };
}
