// The address planner: what a cluster takes out of its subnets, and when they are exhausted (spec vpc-cni §10.2).
import type { PlanReport, PlanRequest, PlanRow, PlanShortage, PlanSubnet } from "../../base/net-plan.ts";
import { seededRandom } from "../../base/random.ts";
import { type InstanceType, instanceType, supportsPrefixes } from "../../vpc/instance-types.ts";
import { podsByAddresses, recommendedMaxPods } from "../../vpc/max-pods.ts";
import { entrypointProblem, ipamdProblem } from "../settings/validate.ts";
import { type IpamSettings, readSettings } from "../settings.ts";
import { adviceFor } from "./advice.ts";
import { branchPodsOf, withBranches } from "./branches.ts";
import type { Holding } from "./counted-ec2.ts";
import { PlanError } from "./errors.ts";
import { Fleet, type Place } from "./fleet.ts";
import { addressesOf, type NodeProfile, profileNode } from "./node-profile.ts";
import { PlannedSubnet } from "./planned-subnet.ts";
import { rowWarnings } from "./warnings.ts";

const HOST_NETWORK_PODS = 2;
const SEED = 1;
const YEAR = 365;
const LIMITS = { pods: 200_000, subnets: 100, days: 3650, maxPods: 1000 };
/** What the add-on's DaemonSet sets (spec data aws-node-env, manifest defaults), as far as it differs from the code's. */
const MANIFEST = { ENABLE_IPv4: "true", WARM_ENI_TARGET: "1", WARM_PREFIX_TARGET: "1" };

/** Plans every instance type on its own. Throws PlanError for a question that makes no sense. */
export async function planNetwork(request: PlanRequest): Promise<PlanReport> {
  check(request);
  const environment = { ...MANIFEST, ...(request.environment?.ENABLE_IPv6 === "true" && { ENABLE_IPv4: "false" }), ...request.environment };
  const problem = entrypointProblem(environment);
  if (problem) throw new PlanError(`aws-node would not start: ${problem}`);
  const settings = readSettings(environment);
  if (settings.customNetworking !== (request.podSubnets ?? []).length > 0) {
    throw new PlanError("custom networking needs the pods' subnets, and the pods' subnets need custom networking");
  }
  const rows: PlanRow[] = [];
  for (const name of request.instanceTypes) rows.push(await planType(name, request, settings));
  return { rows, advice: adviceFor(request, settings, rows) };
}

async function planType(name: string, request: PlanRequest, wanted: IpamSettings): Promise<PlanRow> {
  const type = instanceType(name);
  if (!type) throw new PlanError(`${name} is not an instance type`);
  const problem = ipamdProblem(wanted, supportsPrefixes(type));
  if (problem) throw new PlanError(`aws-node would not start on ${name}: ${problem}`);
  const settings = { ...wanted, prefixDelegation: wanted.prefixDelegation && supportsPrefixes(type) };
  const capacity = capacityOf(type, settings);
  const maxPods = request.maxPods ?? recommendedMaxPods(capacity);
  const most = Math.max(0, maxPods - HOST_NETWORK_PODS);
  const allowed = Math.min(request.podsPerNode ?? most, most);
  if (allowed < 1 && request.pods > 0)
    throw new PlanError(`${name} with max pods ${maxPods} has no room for pods beside aws-node and kube-proxy`);
  const branchPods = Math.min(allowed, branchPodsOf(request, type, settings));
  const pool = await profileOf(type, settings, allowed - branchPods, maxPods);
  const profile = settings.podEni && type.branches > 0 ? withBranches(pool, allowed, branchPods) : pool;
  const podsPerNode = profile.stuckAt === undefined ? allowed : Math.min(allowed, profile.stuckAt - 1);
  if (podsPerNode < 1 && request.pods > 0) throw new PlanError(`no pod would get an address on ${name} with these settings`);
  const { places, all } = subnetsOf(request);
  const fleet = new Fleet(places, profile.holdings);
  fleet.addNodes(Math.max(request.nodes ?? 0, Math.ceil(request.pods / Math.max(1, podsPerNode)), 1));
  fleet.addPods(request.pods, podsPerNode);
  const surgeNodes = request.surge ?? Math.min(fleet.size, 2 * new Set(places.map(({ node }) => node.zone ?? node.name)).size);
  const perNode = profile.holdings[fleet.fullest] ?? NONE;
  const atRest = fleet.wanted;
  const nodes = fleet.size;
  const stranded = settings.ipv6 ? 0 : Math.max(0, atRest - fleet.interfaces - request.pods);
  const shortage = fleet.fill();
  const subnets = all.map((subnet) => subnet.report());
  const surgeShortage = shortage ? undefined : fleet.rehearseUpdate(surgeNodes, fleet.fullest);
  const exhaustion = shortage ? undefined : lookAhead(fleet, request, podsPerNode, surgeNodes);
  const row = {
    instanceType: name,
    mode: settings.ipv6 ? "IPv6" : settings.prefixDelegation ? "prefix delegation" : "secondary addresses",
    ...{ maxPods, podsByAddresses: podsByAddresses(capacity), podsPerNode, nodes },
    perNode: { ...perNode, total: addressesOf(perNode) },
    ...{ atRest, surgeNodes, atPeak: atRest + surgeNodes * addressesOf(perNode), stranded, subnets },
    ...(shortage && { shortage }),
    ...(surgeShortage && { surgeShortage }),
    ...(exhaustion && { exhaustion }),
    codes: codesOf(shortage, surgeShortage, exhaustion?.code),
  } satisfies Omit<PlanRow, "warnings">;
  return { ...row, warnings: rowWarnings({ row, type, wanted, settings, request, profile, allowed }) };
}

const NONE: Holding = { interfaces: 1, addresses: 0, prefixes: 0 };

const capacityOf = (type: InstanceType, settings: IpamSettings) => ({
  enis: type.cards[0] ?? 1,
  ipv4: type.ipv4PerInterface,
  ...(type.vcpus && { vcpus: type.vcpus }),
  prefixDelegation: settings.prefixDelegation,
  customNetworking: settings.customNetworking,
});

/** Under IPv6 the node takes one IPv4 address, and pods live off a /80. */
async function profileOf(type: InstanceType, settings: IpamSettings, pods: number, maxPods: number): Promise<NodeProfile> {
  if (settings.ipv6) return { holdings: Array.from({ length: pods + 1 }, () => NONE), stuckAt: undefined };
  try {
    return await profileNode(type, settings, pods, maxPods);
  } catch (error) {
    throw new PlanError(`aws-node would not become ready on ${type.name}: ${(error as Error).message}`);
  }
}

/** Each node subnet with its pods' subnet: of the same zone, else at the same position. */
function subnetsOf({ subnets, podSubnets = [] }: PlanRequest): { places: Place[]; all: PlannedSubnet[] } {
  const random = seededRandom(SEED);
  const make = (subnet: PlanSubnet) => new PlannedSubnet(subnet, random);
  const nodes = subnets.map(make);
  const pods = podSubnets.map(make);
  const places = nodes.map((node, i) => {
    if (pods.length === 0) return { node, pods: node };
    const own = pods.find(({ zone }) => zone !== undefined && zone === node.zone) ?? pods[i % pods.length]!;
    return { node, pods: own };
  });
  return { places, all: [...nodes, ...pods] };
}

function lookAhead(fleet: Fleet, { growthPerDay = 0, days = YEAR }: PlanRequest, perNode: number, surge: number): PlanRow["exhaustion"] {
  if (growthPerDay <= 0) return undefined;
  let update: { day: number; short: PlanShortage } | undefined;
  for (let day = 1; day <= days; day++) {
    fleet.addPods(growthPerDay, perNode);
    const short = fleet.fill();
    if (short) return { day, ...(update && { updateDay: update.day }), subnet: short.subnet, code: short.code, horizonDays: days };
    const blocked = update ? undefined : fleet.rehearseUpdate(surge, fleet.fullest);
    if (blocked) update = { day, short: blocked };
  }
  return { ...(update && { updateDay: update.day, subnet: update.short.subnet, code: update.short.code }), horizonDays: days };
}

function codesOf(...seen: readonly (PlanShortage | string | undefined)[]): string[] {
  return [...new Set(seen.flatMap((each) => (each === undefined ? [] : typeof each === "string" ? each : each.code)))];
}

function check({
  subnets,
  podSubnets = [],
  instanceTypes,
  pods,
  podsPerNode,
  maxPods,
  growthPerDay,
  surge,
  nodes,
  days,
  branchPodsPerNode,
}: PlanRequest): void {
  if (subnets.length === 0) throw new PlanError("name at least one subnet");
  if (subnets.length + podSubnets.length > LIMITS.subnets) throw new PlanError(`at most ${LIMITS.subnets} subnets can be planned at once`);
  if (instanceTypes.length === 0) throw new PlanError("name at least one instance type");
  whole("pods", pods, 0, LIMITS.pods);
  whole("pods per node", podsPerNode, 1, LIMITS.maxPods);
  whole("pods with security groups of their own per node", branchPodsPerNode, 0, LIMITS.maxPods);
  whole("max pods", maxPods, 1, LIMITS.maxPods);
  whole("growth per day", growthPerDay, 0, LIMITS.pods);
  whole("surge", surge, 0, LIMITS.pods);
  whole("nodes", nodes, 1, LIMITS.pods);
  whole("days", days, 1, LIMITS.days);
}

function whole(name: string, value: number | undefined, least: number, most: number): void {
  if (value === undefined) return;
  if (!Number.isInteger(value) || value < least || value > most)
    throw new PlanError(`${name} must be a whole number from ${least} to ${most}`);
}
