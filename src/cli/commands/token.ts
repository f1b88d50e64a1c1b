// atoll token: an ExecCredential for kubectl, as `aws eks get-token` prints it; `atoll kubeconfig` refers to it.
import { connect } from "../client.ts";

/** Where a cluster is. */
export interface ClusterOptions {
  readonly dataDir: string;
  readonly region?: string;
  readonly account?: string;
}

/** Path of a cluster's administration documents. */
export function clusterPath(cluster: string, region: string, account: string): string {
  return `clusters/${account}/${region}/${encodeURIComponent(cluster)}`;
}

export async function token(cluster: string, { dataDir, region, account }: ClusterOptions): Promise<void> {
  const client = connect(dataDir);
  const path = clusterPath(cluster, region ?? client.connection.region, account ?? client.connection.account);
  process.stdout.write(`${JSON.stringify(await client.get(`${path}/token`))}\n`);
}
