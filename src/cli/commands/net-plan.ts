// atoll net plan: nodes, addresses and exhaustion of a cluster that does not exist yet, or of one that grows.
import type { PlanReport, PlanRow } from "../../base/net-plan.ts";
import { connect } from "../client.ts";
import { columns, type OutputFormat, print } from "../output.ts";

/** Flags of `atoll net plan`. */
export interface NetPlanOptions {
  readonly dataDir: string;
  readonly output: OutputFormat;
  readonly subnet: readonly string[];
  readonly podSubnet?: readonly string[];
  readonly instanceType: readonly string[];
  readonly set?: readonly string[];
  readonly prefixDelegation?: boolean;
  readonly pods: string;
  readonly nodes?: string;
  readonly podsPerNode?: string;
  readonly branchPodsPerNode?: string;
  readonly maxPods?: string;
  readonly growthPerDay?: string;
  readonly days?: string;
  readonly surge?: string;
  readonly region?: string;
  readonly account?: string;
}

export async function netPlan(options: NetPlanOptions): Promise<void> {
  print(options.output, await connect(options.dataDir).get<PlanReport>(`net/plan?${planQuery(options)}`), planText);
}

/** The question as the administration endpoint reads it. */
export function planQuery(options: NetPlanOptions): URLSearchParams {
  const query = new URLSearchParams();
  const { pods, nodes, podsPerNode, branchPodsPerNode, maxPods, growthPerDay, days, surge, region, account } = options;
  const bounds = { pods, nodes, podsPerNode, branchPodsPerNode, maxPods, growthPerDay, days, surge };
  for (const [name, value] of Object.entries({ ...bounds, region, account })) {
    if (value !== undefined) query.set(name, value);
  }
  for (const each of options.subnet) query.append("subnet", each);
  for (const each of options.podSubnet ?? []) query.append("podSubnet", each);
  for (const each of options.instanceType) query.append("instanceType", each);
  if (branchPodsPerNode !== undefined) query.append("set", "ENABLE_POD_ENI=true");
  if (options.prefixDelegation) query.append("set", "ENABLE_PREFIX_DELEGATION=true");
  if ((options.podSubnet ?? []).length > 0) query.append("set", "AWS_VPC_K8S_CNI_CUSTOM_NETWORK_CFG=true");
  for (const each of options.set ?? []) query.append("set", each);
  return query;
}

/** The plan for people. */
export function planText({ rows, advice }: PlanReport): string {
  const heading = ["TYPE", "MODE", "MAX PODS", "PODS/NODE", "NODES", "PER NODE", "AT REST", "AT PEAK", "STRANDED", "FITS"];
  const table = rows.map((row) => [
    ...[row.instanceType, row.mode, row.maxPods, row.podsPerNode, row.nodes, row.perNode.total, row.atRest, row.atPeak, row.stranded].map(
      String,
    ),
    row.shortage ? "no" : row.surgeShortage ? "at rest only" : "yes",
  ]);
  const lines = [columns([heading, ...table]), ...rows.flatMap(rowText)];
  if (advice.length > 0) lines.push("", "Advice", ...advice.map((each) => `  - ${each}`));
  return lines.join("\n");
}

function rowText(row: PlanRow): string[] {
  const { interfaces, addresses, prefixes } = row.perNode;
  const parts = [
    count(interfaces, "interface"),
    ...(addresses > 0 ? [count(addresses, "address", "addresses")] : []),
    ...(prefixes > 0 ? [count(prefixes, "prefix", "prefixes")] : []),
  ];
  const subnets = row.subnets.map(({ name, capacity, used, available, freePrefixes, estimatedFreePrefixes }) => [
    ...["", name, `${used} of ${capacity}`, String(available), `${freePrefixes} (${estimatedFreePrefixes} expected)`],
  ]);
  return [
    "",
    `${row.instanceType}: a full node holds ${parts.join(", ")}; peak with ${count(row.surgeNodes, "more node")}`,
    columns([["", "SUBNET", "USED", "FREE", "FREE /28"], ...subnets]),
    ...exhaustionText(row),
    ...(row.codes.length > 0 ? [`  EC2 will answer: ${row.codes.join(", ")}`] : []),
    ...row.warnings.map((each) => `  ! ${each}`),
  ];
}

function exhaustionText({ exhaustion }: PlanRow): string[] {
  if (!exhaustion) return [];
  const { day, updateDay, subnet, horizonDays } = exhaustion;
  if (day === undefined && updateDay === undefined) return [`  nothing is exhausted within ${horizonDays} days`];
  return [
    ...(day === undefined ? [] : [`  ${subnet} is exhausted on day ${day}`]),
    ...(updateDay === undefined ? [] : [`  a rolling update no longer fits from day ${updateDay} on`]),
  ];
}

const count = (number: number, one: string, many = `${one}s`) => `${number} ${number === 1 ? one : many}`;
