// Which cluster a command means: the one named, or the only one.
import { type AtollClient, CommandError } from "./client.ts";
import { clusterPath } from "./commands/token.ts";

/** Path of the administration documents of the cluster. Throws CommandError if there is none, or several to choose from. */
export async function findCluster(
  client: AtollClient,
  { cluster, region, account }: { readonly cluster?: string; readonly region?: string; readonly account?: string },
): Promise<string> {
  if (cluster) return clusterPath(cluster, region ?? client.connection.region, account ?? client.connection.account);
  const { clusters } = await client.get<{ clusters: { name: string; region: string; account: string }[] }>("status");
  const [only, ...others] = clusters;
  if (!only) throw new CommandError("There is no cluster. Create one with: aws eks create-cluster");
  if (others.length > 0) throw new CommandError(`Several clusters exist; choose with --cluster: ${clusters.map((c) => c.name).join(", ")}`);
  return clusterPath(only.name, only.region, only.account);
}
