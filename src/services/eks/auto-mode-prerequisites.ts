// What an existing cluster needs before EKS Auto Mode can be switched on (EKS User Guide, "Enable EKS Auto Mode on existing EKS clusters").
import type { Call } from "../../aws/operation.ts";
import { atLeast } from "./addons/versions.ts";
import { clusterArn, clusterKey, type Place } from "./arn.ts";
import type { EksDeps } from "./deps.ts";
import { invalidParameter } from "./errors.ts";
import type { ClusterRecord } from "./records.ts";
import { canAssumeClusterRole, ownRole } from "./service-roles.ts";
import { minor } from "./versions.ts";

const LEAST: Readonly<Record<string, string>> = {
  "vpc-cni": "v1.19.0-eksbuild.1",
  "aws-ebs-csi-driver": "v1.37.0-eksbuild.1",
  "snapshot-controller": "v8.1.0-eksbuild.2",
  "eks-pod-identity-agent": "v1.3.4-eksbuild.1",
};

/** kube-proxy has a least version for every minor that was there when Auto Mode came. */
const LEAST_KUBE_PROXY = ["v1.28.15-eksbuild.4", "v1.29.10-eksbuild.3", "v1.30.6-eksbuild.3", "v1.31.2-eksbuild.3"];

const kubeProxyFloor = (version: string) => LEAST_KUBE_PROXY.find((floor) => version.split(".")[1] === floor.split(".")[1]);

/**
 * The role of Auto Mode's nodes must be one of the account. Throws InvalidParameterException; does nothing if there is none.
 */
export function checkAutoModeNodeRole(nodeRoleArn: string | undefined, place: Place, { directory }: EksDeps, clusterName: string): void {
  if (nodeRoleArn === undefined || ownRole(directory, place, nodeRoleArn)) return;
  throw invalidParameter(`The role with arn: ${nodeRoleArn} cannot be found`, { clusterName });
}

/** Throws InvalidParameterException unless the cluster's version, role and add-ons can work with Auto Mode. */
export async function checkAutoModePrerequisites(cluster: ClusterRecord, call: Call, deps: EksDeps): Promise<void> {
  const subject = { clusterName: cluster.name };
  checkAutoModeVersion(cluster.version, cluster.name);
  const old = deps.state.addons
    .list(`${clusterKey(call, cluster.name)}/`)
    .map(({ name, version }) => ({ name, version, floor: name === "kube-proxy" ? kubeProxyFloor(version) : LEAST[name] }))
    .find(({ version, floor }) => !atLeast(version, floor));
  if (old) {
    throw invalidParameter(`EKS Auto Mode requires add-on ${old.name} to be at least ${old.floor}: it is ${old.version}`, subject);
  }
  const sessionTags = { "eks:eks-cluster-name": cluster.name };
  const { roleArn } = cluster;
  if (await canAssumeClusterRole(deps, call, roleArn, clusterArn(call, cluster.name), `${call.now}`, sessionTags)) return;
  throw invalidParameter(
    `Role with arn: ${roleArn}, could not be assumed because it does not exist or the trusted entity is not correct`,
    subject,
  );
}

/** Auto Mode came with Kubernetes 1.29. Throws InvalidParameterException. */
export function checkAutoModeVersion(version: string, clusterName: string): void {
  if (minor(version) >= 29) return;
  throw invalidParameter("EKS Auto Mode requires Kubernetes version 1.29 or later", { clusterName });
}
