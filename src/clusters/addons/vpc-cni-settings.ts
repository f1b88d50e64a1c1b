// Configuration values of vpc-cni in its objects (spec addons §4.1, vpc-cni §9.3).
import type { NewObject } from "../../kubernetes/api/object.ts";
import { container, setEnv, setFlags, setPods, type Values, workload } from "./workload.ts";

/** Puts the values into the objects, which are changed; ENIConfigs are added. */
export function configureVpcCni(objects: NewObject[], values: Values): void {
  const daemonSet = workload(objects, "aws-node");
  const node = container(daemonSet, "aws-node");
  const agent = container(daemonSet, "aws-eks-nodeagent");
  setPods(daemonSet, values);
  setEnv(node, values.env ?? {});
  setEnv(container(daemonSet, "aws-vpc-cni-init"), values.init?.env ?? {});
  if (values.livenessProbeTimeoutSeconds !== undefined) node.livenessProbe.timeoutSeconds = values.livenessProbeTimeoutSeconds;
  if (values.readinessProbeTimeoutSeconds !== undefined) node.readinessProbe.timeoutSeconds = values.readinessProbeTimeoutSeconds;
  const { nodeAgent = {} } = values;
  setFlags(agent, {
    "enable-network-policy": values.enableNetworkPolicy,
    "enable-cloudwatch-logs": nodeAgent.enableCloudWatchLogs,
    "enable-policy-event-logs": nodeAgent.enablePolicyEventLogs,
    "metrics-bind-addr": port(nodeAgent.metricsBindAddr),
    "health-probe-bind-addr": port(nodeAgent.healthProbeBindAddr),
    "conntrack-cache-cleanup-period": nodeAgent.conntrackCacheCleanupPeriod,
    "conntrack-cache-table-size": nodeAgent.conntrackCacheTableSize,
    "log-level": nodeAgent.logLevel,
    "log-file": nodeAgent.networkPolicyAgentLogFileLocation,
  });
  if (nodeAgent.metricsBindAddr) agent.ports[0].containerPort = Number(nodeAgent.metricsBindAddr);
  if (nodeAgent.resources) agent.resources = nodeAgent.resources;
  configMap(objects, {
    "enable-network-policy-controller": values.enableNetworkPolicy,
    "enable-windows-ipam": values.enableWindowsIpam,
    "enable-windows-prefix-delegation": values.enableWindowsPrefixDelegation,
    "warm-prefix-target": values.warmWindowsPrefixTarget,
    "warm-ip-target": values.warmWindowsIPTarget,
    "minimum-ip-target": values.minimumWindowsIPTarget,
    "branch-eni-cooldown": values.branchENICooldown,
  });
  if (values.eniConfig?.create) objects.push(...eniConfigs(values.eniConfig.subnets));
}

const port = (value: string | undefined) => (value === undefined ? undefined : `:${value}`);

function configMap(objects: readonly NewObject[], settings: Readonly<Record<string, string | number | undefined>>): void {
  const { data } = objects.find(({ kind }) => kind === "ConfigMap")!;
  for (const [key, value] of Object.entries(settings)) if (value !== undefined) data[key] = String(value);
}

/** One ENIConfig per zone. */
function eniConfigs(subnets: Readonly<Record<string, { id: string; securityGroups?: readonly string[] }>>): NewObject[] {
  return Object.entries(subnets).map(([zone, { id, securityGroups }]) => ({
    apiVersion: "crd.k8s.amazonaws.com/v1alpha1",
    kind: "ENIConfig",
    metadata: { name: zone },
    spec: { subnet: id, ...(securityGroups && { securityGroups }) },
  }));
}
