// atoll status: what runs, and where.
import { connect } from "../client.ts";
import { columns, type OutputFormat, print } from "../output.ts";

/** Answer of the administration endpoint `status`. */
export interface StatusReport {
  readonly version: string;
  readonly endpoint: string;
  readonly tlsEndpoint: string;
  readonly uptimeSeconds: number;
  readonly residentMegabytes: number;
  readonly clusters: readonly ClusterReport[];
}

/** One cluster of the report. */
export interface ClusterReport {
  readonly account: string;
  readonly region: string;
  readonly name: string;
  readonly status: string;
  readonly version: string;
  readonly endpoint: string;
  readonly nodes: number;
  readonly pods: number;
}

export async function status({ dataDir, output }: { dataDir: string; output: OutputFormat }): Promise<void> {
  print(output, await connect(dataDir).get<StatusReport>("status"), text);
}

function text({ version, endpoint, tlsEndpoint, uptimeSeconds, residentMegabytes, clusters }: StatusReport): string {
  const head = [`Atoll ${version}, up ${uptimeSeconds} s, ${residentMegabytes} MB`, `AWS APIs  ${endpoint}`, `over TLS  ${tlsEndpoint}`];
  if (clusters.length === 0) return [...head, "No clusters."].join("\n");
  const rows = clusters.map((c) => [c.name, c.status, c.version, c.region, c.account, String(c.nodes), String(c.pods), c.endpoint]);
  return [...head, "", columns([["CLUSTER", "STATUS", "VERSION", "REGION", "ACCOUNT", "NODES", "PODS", "ENDPOINT"], ...rows])].join("\n");
}
