// Settings of the control plane's components (spec eks-control-plane §7.8).
import type {
  KubeApiServerConfigRequest,
  KubeControllerManagerConfigRequest,
  KubeSchedulerConfigRequest,
  ProvisionedControlPlaneTier,
} from "@aws-sdk/client-eks";
import { invalidParameter } from "./errors.ts";
import { minor } from "./versions.ts";

export interface ComponentConfig {
  readonly kubeApiServerConfig?: KubeApiServerConfigRequest | undefined;
  readonly kubeSchedulerConfig?: KubeSchedulerConfigRequest | undefined;
  readonly kubeControllerManagerConfig?: KubeControllerManagerConfigRequest | undefined;
}

const RESOURCES = ["cpu", "memory", "nvidia.com/gpu", "aws.amazon.com/neuron", "aws.amazon.com/neuroncore"];

/** Seconds of a duration with one unit (`10m`, `90s`, `1h`); NaN otherwise. */
function seconds(duration: string): number {
  const match = /^(\d+)(s|m|h)$/.exec(duration);
  return match ? Number(match[1]) * { s: 1, m: 60, h: 3600 }[match[2] as "s" | "m" | "h"] : Number.NaN;
}

/** The members given, if they keep the rules for this version and tier. Throws InvalidParameterException. */
export function checkComponents(config: ComponentConfig, version: string, tier: ProvisionedControlPlaneTier, clusterName: string) {
  const { kubeApiServerConfig, kubeSchedulerConfig, kubeControllerManagerConfig } = config;
  if (!kubeApiServerConfig && !kubeSchedulerConfig && !kubeControllerManagerConfig) return {};
  const refuse = (message: string): never => {
    throw invalidParameter(message, { clusterName });
  };
  if (minor(version) < 31) refuse("Control plane component configuration requires Kubernetes version 1.31 or later");

  const { eventTtl, serviceNodePortRange: ports } = kubeApiServerConfig ?? {};
  if (eventTtl !== undefined && !(seconds(eventTtl) >= 600 && seconds(eventTtl) <= 3600)) refuse("eventTtl must be between 10m and 60m");
  if (ports) {
    const { minPort = 30000, maxPort = 32767 } = ports;
    if (minPort < 10260 || maxPort > 32767 || minPort > maxPort)
      refuse("serviceNodePortRange must be within 10260-32767 and minPort at most maxPort");
  }
  for (const { name, weight } of kubeSchedulerConfig?.nodeResourcesFit?.scoringStrategy?.resources ?? []) {
    if (!name || !RESOURCES.includes(name)) refuse(`The resource ${name} is not valid in scoringStrategy`);
    if (weight !== undefined && (weight < 1 || weight > 100)) refuse("The weight of a resource must be between 1 and 100");
  }
  const sync = kubeControllerManagerConfig?.horizontalPodAutoscalerControllerConfig?.horizontalPodAutoscalerSyncPeriod;
  if (sync !== undefined) {
    if (!(seconds(sync) >= 10 && seconds(sync) <= 15)) refuse("horizontalPodAutoscalerSyncPeriod must be between 10s and 15s");
    if (seconds(sync) !== 15 && tier === "standard")
      refuse("horizontalPodAutoscalerSyncPeriod other than 15s requires a provisioned control plane tier");
  }
  const threshold = kubeControllerManagerConfig?.podGcControllerConfig?.terminatedPodGcThreshold;
  if (threshold !== undefined && (!Number.isInteger(threshold) || threshold < 1))
    refuse("terminatedPodGcThreshold must be a positive number");
  return {
    ...(kubeApiServerConfig ? { kubeApiServerConfig } : {}),
    ...(kubeSchedulerConfig ? { kubeSchedulerConfig } : {}),
    ...(kubeControllerManagerConfig ? { kubeControllerManagerConfig } : {}),
  };
}
