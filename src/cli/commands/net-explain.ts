// atoll net explain: why a pod has no address, or whether and how its traffic passes.
import type { NetReport, NetStep } from "../../base/net-report.ts";
import { CommandError, connect } from "../client.ts";
import { findCluster } from "../find-cluster.ts";
import { type OutputFormat, print } from "../output.ts";
import type { ClusterOptions } from "./token.ts";

/** Flags of `atoll net explain`. */
export interface NetExplainOptions extends ClusterOptions {
  readonly output: OutputFormat;
  readonly cluster?: string;
  readonly to?: string;
  readonly port?: string;
  readonly protocol?: string;
}

export async function netExplain(name: string, options: NetExplainOptions): Promise<void> {
  const [namespace, pod, ...rest] = name.split("/");
  if (!namespace || !pod || rest.length > 0) throw new CommandError(`net explain takes NAMESPACE/POD, not ${name}`);
  const { to, port, protocol, dataDir, output } = options;
  const client = connect(dataDir);
  const query = new URLSearchParams();
  for (const [key, value] of Object.entries({ to, port, protocol })) if (value !== undefined) query.set(key, value);
  const path = `${await findCluster(client, options)}/net/${encodeURIComponent(namespace)}/${encodeURIComponent(pod)}?${query}`;
  print(output, await client.get<NetReport>(path), netExplainText);
}

const MARKS: Readonly<Record<NetStep["verdict"], string>> = { ok: "ok   ", warns: "note ", fails: "FAILS" };

/** The answer for people. */
export function netExplainText({ pod, to, steps, answer }: NetReport): string {
  const lines = steps.map(({ step, verdict, text }) => `${MARKS[verdict]}  ${step}: ${text}`);
  return [`Pod ${pod}${to ? ` to ${to}` : ""}`, "", ...lines, "", answer].join("\n");
}
