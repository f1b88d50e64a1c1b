// atoll net node: what a node's ipamd shows of its pools, or its metrics.
import { connect } from "../client.ts";
import { findCluster } from "../find-cluster.ts";
import { columns, type OutputFormat, print } from "../output.ts";
import type { ClusterOptions } from "./token.ts";

/** Flags of `atoll net node`. */
export interface NetNodeOptions extends ClusterOptions {
  readonly output: OutputFormat;
  readonly cluster?: string;
  readonly metrics?: boolean;
}

/** What a port of a node answered. */
interface PortDocument {
  readonly body: string;
}

/** ipamd's `/v1/enis`, as far as the table shows it. */
export type ShownPools = Readonly<
  Record<
    string,
    {
      readonly TotalIPs: number;
      readonly AssignedIPs: number;
      readonly ENIs: Readonly<Record<string, { DeviceNumber: number; AvailableIPv4Cidrs: object; IPv6Cidrs: object }>>;
    }
  >
>;

export async function netNode(node: string, options: NetNodeOptions): Promise<void> {
  const { dataDir, output, metrics } = options;
  const client = connect(dataDir);
  const query = new URLSearchParams(metrics ? { port: "61678", path: "/metrics" } : { port: "61679", path: "/v1/enis" });
  const { body } = await client.get<PortDocument>(`${await findCluster(client, options)}/node/${encodeURIComponent(node)}?${query}`);
  if (metrics) print(output, { metrics: body }, ({ metrics: text }) => text.trimEnd());
  else print(output, JSON.parse(body) as ShownPools, poolsText);
}

/** Pools and their interfaces for people. */
export function poolsText(pools: ShownPools): string {
  const rows = Object.entries(pools).flatMap(([card, { TotalIPs, AssignedIPs, ENIs }]) => [
    [card, "", "", String(TotalIPs), String(AssignedIPs)],
    ...Object.entries(ENIs).map(([id, { DeviceNumber, AvailableIPv4Cidrs, IPv6Cidrs }]) => [
      ...["", id, String(DeviceNumber), String(Object.keys({ ...AvailableIPv4Cidrs, ...IPv6Cidrs }).length), ""],
    ]),
  ]);
  return columns([["CARD", "INTERFACE", "DEVICE", "ADDRESSES OR PREFIXES", "IN USE"], ...rows]);
}
