// Rules on the members of node group requests (spec eks-control-plane §13.1).
import type {
  AMITypes,
  CreateNodegroupRequest,
  NodegroupScalingConfig,
  NodegroupUpdateConfig,
  NodeRepairConfig,
  Taint,
  WarmPoolConfig,
} from "@aws-sdk/client-eks";
import { invalidParameter, limitExceeded } from "./errors.ts";
import type { NodegroupSettings } from "./records.ts";

/** The group an error is about. */
export interface Subject {
  readonly clusterName: string;
  readonly nodegroupName: string;
}

const NAME = /^[0-9A-Za-z][A-Za-z0-9\-_]{0,62}$/;
const RESERVED = ["kubernetes.io/", "k8s.io/", "eks.amazonaws.com/"];
const EFFECTS = ["NO_SCHEDULE", "NO_EXECUTE", "PREFER_NO_SCHEDULE"];

export function checkNodegroupName(name: string | undefined, clusterName: string): string {
  if (!name || !NAME.test(name)) {
    throw invalidParameter(
      `The nodegroup name '${name ?? ""}' is not valid: it must begin with a letter or digit, contain only letters, digits, hyphens and underscores, and have at most 63 characters`,
      { clusterName, ...(name ? { nodegroupName: name } : {}) },
    );
  }
  return name;
}

/** All three sizes, in order, within the quota; 1, 2 and 2 when the request has none. */
export function checkScaling(
  config: NodegroupScalingConfig | undefined,
  quota: number,
  subject: Subject,
): NodegroupSettings["scalingConfig"] {
  if (!config) return { minSize: 1, maxSize: 2, desiredSize: 2 };
  const { minSize, maxSize, desiredSize } = config;
  const refuse = (message: string): never => {
    throw invalidParameter(message, subject);
  };
  if (minSize === undefined || maxSize === undefined || desiredSize === undefined) {
    return refuse("scalingConfig must specify minSize, maxSize and desiredSize");
  }
  if (![minSize, maxSize, desiredSize].every(Number.isInteger)) refuse("scalingConfig sizes must be whole numbers");
  if (minSize < 0) refuse(`minSize is not valid: ${minSize} is less than 0`);
  if (maxSize < 1) refuse(`maxSize is not valid: ${maxSize} is less than 1`);
  if (minSize > desiredSize)
    refuse(`desiredSize is not valid: minimum capacity ${minSize} can't be greater than desired size ${desiredSize}`);
  if (desiredSize > maxSize) refuse(`desiredSize is not valid: desired capacity ${desiredSize} can't be greater than max size ${maxSize}`);
  if (desiredSize > quota || maxSize > quota) throw limitExceeded(`The number of nodes in a node group must not exceed ${quota}`, subject);
  return { minSize, maxSize, desiredSize };
}

/** Labels: 1 to 63 characters each side (64 with a prefix is Kubernetes' own matter), no reserved prefix. */
export function checkLabels(labels: Readonly<Record<string, string>>, subject: Subject): void {
  for (const [key, value] of Object.entries(labels)) {
    if (RESERVED.some((prefix) => key.startsWith(prefix))) {
      throw invalidParameter(`Label cannot contain reserved prefixes [${RESERVED.join(", ")}]`, subject);
    }
    if (key.length < 1 || key.length > 63 || value.length > 63) {
      throw invalidParameter(`The label ${key} must have a key of 1 to 63 and a value of at most 63 characters`, subject);
    }
    if (!/^([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?\/)?[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$/.test(key) || !labelValue(value)) {
      throw invalidParameter(`The label ${key}=${value} is not a valid Kubernetes label`, subject);
    }
  }
}

const labelValue = (value: string) => value === "" || /^[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$/.test(value);

/** Taints: at most 50, a key each, a known effect, none twice. */
export function checkTaints(taints: readonly Taint[], subject: Subject): void {
  if (taints.length > 50) throw invalidParameter("The number of taints must not exceed 50", subject);
  const seen = new Set<string>();
  for (const { key, value = "", effect } of taints) {
    if (!key || key.length > 63) throw invalidParameter("A taint key must have 1 to 63 characters", subject);
    if (value.length > 63 || !labelValue(value)) throw invalidParameter(`The value of taint ${key} is not valid`, subject);
    if (!effect || !EFFECTS.includes(effect))
      throw invalidParameter(`The effect of taint ${key} must be one of [${EFFECTS.join(", ")}]`, subject);
    if (seen.has(`${key}:${effect}`)) throw invalidParameter(`The taint ${key} with effect ${effect} is given twice`, subject);
    seen.add(`${key}:${effect}`);
  }
}

/** How many nodes an update may take away at once: a number or a percentage, one if the request has neither. */
export function checkUpdateConfig(config: NodegroupUpdateConfig | undefined, subject: Subject): NodegroupUpdateConfig {
  const { maxUnavailable, maxUnavailablePercentage, updateStrategy = "DEFAULT" } = config ?? {};
  if (maxUnavailable !== undefined && maxUnavailablePercentage !== undefined) {
    throw invalidParameter("maxUnavailable and maxUnavailablePercentage cannot both be specified", subject);
  }
  for (const [name, value] of Object.entries({ maxUnavailable, maxUnavailablePercentage })) {
    if (value !== undefined && !(Number.isInteger(value) && value >= 1 && value <= 100)) {
      throw invalidParameter(`${name} is not valid: it must be between 1 and 100`, subject);
    }
  }
  if (maxUnavailablePercentage !== undefined) return { maxUnavailablePercentage, updateStrategy };
  return { maxUnavailable: maxUnavailable ?? 1, updateStrategy };
}

export function checkRepair(config: NodeRepairConfig | undefined, subject: Subject): void {
  if (!config) return;
  const both = (a: unknown, b: unknown) => a !== undefined && b !== undefined;
  if (
    both(config.maxUnhealthyNodeThresholdCount, config.maxUnhealthyNodeThresholdPercentage) ||
    both(config.maxParallelNodesRepairedCount, config.maxParallelNodesRepairedPercentage)
  ) {
    throw invalidParameter("A count and a percentage cannot both be specified in nodeRepairConfig", subject);
  }
  for (const override of config.nodeRepairConfigOverrides ?? []) {
    const { nodeMonitoringCondition, nodeUnhealthyReason, minRepairWaitTimeMins, repairAction } = override;
    if (!nodeMonitoringCondition || !nodeUnhealthyReason || minRepairWaitTimeMins === undefined || !repairAction) {
      throw invalidParameter("Every member of nodeRepairConfigOverrides must be specified", subject);
    }
  }
}

export function checkWarmPool(config: WarmPoolConfig | undefined, amiType: AMITypes, subject: Subject): void {
  if (!config) return;
  if ((config.minSize ?? 0) < 0) throw invalidParameter("warmPoolConfig minSize must not be negative", subject);
  if (amiType.startsWith("BOTTLEROCKET") && (config.poolState === "HIBERNATED" || config.reuseOnScaleIn)) {
    throw invalidParameter("warmPoolConfig with HIBERNATED or reuseOnScaleIn is not supported for Bottlerocket", subject);
  }
}

/** What cannot stand beside a launch template in the request. */
export function checkBesideTemplate(input: CreateNodegroupRequest, subject: Subject): void {
  if (!input.launchTemplate) return;
  const { id, name } = input.launchTemplate;
  if ((id === undefined) === (name === undefined)) {
    throw invalidParameter("Exactly one of id and name of the launch template must be specified", subject);
  }
  if (input.diskSize !== undefined) throw invalidParameter("Disk size must be specified within the launch template.", subject);
  if (input.remoteAccess) throw invalidParameter("Remote access configuration cannot be specified with a launch template.", subject);
}
