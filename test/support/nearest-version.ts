// Which Kubernetes version to test a tool with.
import { DescribeClusterVersionsCommand, type EKSClient } from "@aws-sdk/client-eks";

/** The version EKS offers today that is nearest to a tool's: kubectl works with servers one minor away. */
export async function nearestVersion(eks: EKSClient, minor: number): Promise<string> {
  const { clusterVersions = [] } = await eks.send(new DescribeClusterVersionsCommand({}));
  const minors = clusterVersions.map(({ clusterVersion }) => Number(clusterVersion?.split(".")[1]));
  return `1.${minors.toSorted((a, b) => Math.abs(a - minor) - Math.abs(b - minor))[0]}`;
}
