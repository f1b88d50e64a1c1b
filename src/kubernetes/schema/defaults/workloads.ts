// Defaults of workloads: apps/v1, batch/v1, autoscaling.
import type { StructType } from "../types.ts";
import { child, type Defaulter, fill, fillPointer, isEmpty, type Json } from "./rule.ts";

function deployment(value: Json): void {
  const spec = child(value, "spec");
  fillPointer(spec, "replicas", 1);
  const strategy = child(spec, "strategy");
  fill(strategy, "type", "RollingUpdate");
  if (strategy.type === "RollingUpdate") {
    const rolling = child(strategy, "rollingUpdate");
    fillPointer(rolling, "maxUnavailable", "25%");
    fillPointer(rolling, "maxSurge", "25%");
  }
  fillPointer(spec, "revisionHistoryLimit", 10);
  fillPointer(spec, "progressDeadlineSeconds", 600);
}

/** Kept, and then never absent, from the minor on in which its feature gate is on. */
function rollingStatefulSet(value: Json, struct: StructType): void {
  if (struct.fields.get("maxUnavailable")?.dropped === false) fillPointer(value, "maxUnavailable", 1);
}

function statefulSet(value: Json): void {
  const spec = child(value, "spec");
  fill(spec, "podManagementPolicy", "OrderedReady");
  const strategy = child(spec, "updateStrategy");
  fill(strategy, "type", "RollingUpdate");
  if (strategy.type === "RollingUpdate") fillPointer(child(strategy, "rollingUpdate"), "partition", 0);
  const retention = child(spec, "persistentVolumeClaimRetentionPolicy");
  fill(retention, "whenDeleted", "Retain");
  fill(retention, "whenScaled", "Retain");
  fillPointer(spec, "replicas", 1);
  fillPointer(spec, "revisionHistoryLimit", 10);
  for (const claim of spec.volumeClaimTemplates ?? []) {
    claim.apiVersion = "v1";
    claim.kind = "PersistentVolumeClaim";
  }
}

function daemonSet(value: Json): void {
  const spec = child(value, "spec");
  const strategy = child(spec, "updateStrategy");
  fill(strategy, "type", "RollingUpdate");
  if (strategy.type === "RollingUpdate") {
    const rolling = child(strategy, "rollingUpdate");
    fillPointer(rolling, "maxUnavailable", 1);
    fillPointer(rolling, "maxSurge", 0);
  }
  fillPointer(spec, "revisionHistoryLimit", 10);
}

function job(value: Json): void {
  const spec = child(value, "spec");
  // A job of work-queue kind sets parallelism only; one with neither runs a single pod.
  if (spec.completions == null && spec.parallelism == null) {
    spec.completions = 1;
    spec.parallelism = 1;
  }
  fillPointer(spec, "parallelism", 1);
  fillPointer(spec, "backoffLimit", spec.backoffLimitPerIndex == null ? 6 : 2147483647);
  const labels = spec.template?.metadata?.labels;
  const metadata = child(value, "metadata");
  if (!isEmpty(labels) && isEmpty(metadata.labels)) metadata.labels = { ...labels };
  fillPointer(spec, "completionMode", "NonIndexed");
  fillPointer(spec, "suspend", false);
  fillPointer(spec, "podReplacementPolicy", spec.podFailurePolicy ? "Failed" : "TerminatingOrFailed");
}

function scalingRules(rules: Json, policies: readonly Json[]): void {
  fillPointer(rules, "selectPolicy", "Max");
  if (isEmpty(rules.policies)) rules.policies = policies.map((policy) => ({ ...policy }));
}

function autoscaler(value: Json): void {
  const spec = child(value, "spec");
  fillPointer(spec, "minReplicas", 1);
  if (isEmpty(spec.metrics))
    spec.metrics = [{ type: "Resource", resource: { name: "cpu", target: { type: "Utilization", averageUtilization: 80 } } }];
  if (!spec.behavior) return;
  const up = child(spec.behavior, "scaleUp");
  fillPointer(up, "stabilizationWindowSeconds", 0);
  scalingRules(up, [
    { type: "Pods", value: 4, periodSeconds: 15 },
    { type: "Percent", value: 100, periodSeconds: 15 },
  ]);
  scalingRules(child(spec.behavior, "scaleDown"), [{ type: "Percent", value: 100, periodSeconds: 15 }]);
}

export const workloadDefaults: Readonly<Record<string, Defaulter>> = {
  "apps.v1.Deployment": deployment,
  "apps.v1.RollingUpdateStatefulSetStrategy": rollingStatefulSet,
  "apps.v1.StatefulSet": statefulSet,
  "apps.v1.DaemonSet": daemonSet,
  "apps.v1.ReplicaSet": (value) => fillPointer(child(value, "spec"), "replicas", 1),
  "batch.v1.Job": job,
  "batch.v1.PodFailurePolicyOnPodConditionsPattern": (value) => fill(value, "status", "True"),
  "batch.v1.CronJob": (value) => {
    const spec = child(value, "spec");
    fill(spec, "concurrencyPolicy", "Allow");
    fillPointer(spec, "suspend", false);
    fillPointer(spec, "successfulJobsHistoryLimit", 3);
    fillPointer(spec, "failedJobsHistoryLimit", 1);
  },
  "autoscaling.v2.HorizontalPodAutoscaler": autoscaler,
  "autoscaling.v1.HorizontalPodAutoscaler": (value) => fillPointer(child(value, "spec"), "minReplicas", 1),
};
