// The three switches of EKS Auto Mode and the rules that tie them together (spec eks-control-plane §16.1).
import type { ComputeConfigRequest, KubernetesNetworkConfigRequest, StorageConfigRequest } from "@aws-sdk/client-eks";
import { invalidParameter } from "./errors.ts";

const POOLS = ["general-purpose", "system"];

/** The request members that concern Auto Mode. */
export interface AutoModeRequest {
  readonly computeConfig?: ComputeConfigRequest | undefined;
  readonly storageConfig?: StorageConfigRequest | undefined;
  readonly kubernetesNetworkConfig?: KubernetesNetworkConfigRequest | undefined;
}

/** Throws InvalidParameterException unless all three switches agree; returns their position, or undefined if none is given. */
export function autoModeSwitch(request: AutoModeRequest, clusterName: string): boolean | undefined {
  const switches = [
    request.computeConfig?.enabled,
    request.storageConfig?.blockStorage?.enabled,
    request.kubernetesNetworkConfig?.elasticLoadBalancing?.enabled,
  ];
  if (switches.every((position) => position === undefined)) return undefined;
  const on = switches.filter((position) => position === true).length;
  if (on !== 0 && on !== 3) {
    throw invalidParameter(
      "For EKS Auto Mode, please ensure that all required configs, including computeConfig, kubernetesNetworkConfig, and blockStorage are all either fully enabled or fully disabled.",
      { clusterName },
    );
  }
  return on === 3;
}

/** Built-in node pools and the node role they need. Throws InvalidParameterException. */
export function checkNodePools(compute: ComputeConfigRequest | undefined, enabled: boolean, clusterName: string): void {
  const subject = { clusterName };
  const pools = compute?.nodePools ?? [];
  const unknown = pools.find((pool) => !POOLS.includes(pool));
  if (unknown) throw invalidParameter(`The node pool ${unknown} is not valid: it must be one of [${POOLS.join(", ")}]`, subject);
  if (!enabled && (pools.length > 0 || compute?.nodeRoleArn)) {
    throw invalidParameter("nodePools and nodeRoleArn can only be given when computeConfig is enabled", subject);
  }
  if (pools.length > 0 && !compute?.nodeRoleArn) throw invalidParameter("nodeRoleArn is required when nodePools are given", subject);
  if (pools.length === 0 && compute?.nodeRoleArn) throw invalidParameter("nodeRoleArn can only be given with nodePools", subject);
}
