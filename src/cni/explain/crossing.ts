// The VPC's part of a path: groups, network ACLs, routes and gateways between two interfaces, or an interface and the world.
import type { NetStep } from "../../base/net-report.ts";
import { aclAllows } from "../../vpc/network-acls.ts";
import { lookupRoute } from "../../vpc/routes.ts";
import { allowingRule, type GroupRule } from "../../vpc/security-groups.ts";
import { covers, holderOf } from "./holder.ts";
import type { PathEni, PathQuestion, PathSubnet } from "./path-facts.ts";

/** A packet at the interface it leaves by. */
export interface Crossing extends Pick<PathQuestion, "vpc" | "to" | "toPod" | "protocol" | "port"> {
  /** Source address on the wire. */
  readonly from: string;
  readonly eni: PathEni;
}

/** How the crossing ends. */
export interface Crossed {
  readonly passes: boolean;
  readonly source: string;
  readonly steps: readonly NetStep[];
}

type Facts = Readonly<Record<string, unknown>>;

export const ok = (step: string, text: string, facts?: Facts): NetStep => ({ step, verdict: "ok", text, ...(facts && { facts }) });
export const fails = (step: string, text: string, facts?: Facts): NetStep => ({ step, verdict: "fails", text, ...(facts && { facts }) });
const warns = (step: string, text: string): NetStep => ({ step, verdict: "warns", text });

const PROTOCOL_NUMBERS = { tcp: "6", udp: "17", icmp: "1" } as const;
/** A port clients use: network ACLs keep no state, so answers are judged by themselves. */
const EPHEMERAL = 49_152;

/** Takes the packet through the VPC. */
export function crossVpc(crossing: Crossing): Crossed {
  const { vpc, to, eni, from } = crossing;
  const steps: NetStep[] = [];
  const end = (step: NetStep, source = from): Crossed => ({ passes: step.verdict !== "fails", source, steps: [...steps, step] });
  const far = holderOf(vpc.enis, to);
  const out = groupStep(crossing, eni, "egress", to, far?.groups ?? []);
  if (out.verdict === "fails") return end(out);
  steps.push(out);
  const subnet = vpc.subnets.find(({ id }) => id === eni.subnetId);
  if (!subnet) return end(fails("subnet", `${eni.subnetId} is not in the VPC`));
  const isSameSubnet = far?.subnetId === subnet.id;
  if (!isSameSubnet) {
    const leave = aclStep(crossing, subnet, "egress", to, crossing.port);
    if (leave.verdict === "fails") return end(leave);
    steps.push(leave);
  }
  const inside = vpc.cidrs.some((cidr) => covers(cidr, to));
  const route = isSameSubnet ? undefined : routeStep(crossing, subnet, inside);
  if (route?.step.verdict === "fails") return end(route.step);
  if (route) steps.push(route.step);
  if (!inside) return end(warns("beyond", `${to} is outside the VPC: what happens there Atoll does not judge`), route?.source ?? from);
  if (!far) return end(fails("destination", `${to} is an address of the VPC, but no interface holds it`));
  const target = vpc.subnets.find(({ id }) => id === far.subnetId);
  if (target && !isSameSubnet) {
    for (const step of [
      aclStep(crossing, target, "ingress", from, crossing.port),
      aclStep(crossing, target, "egress", from, EPHEMERAL),
      aclStep(crossing, subnet, "ingress", to, EPHEMERAL),
    ]) {
      if (step.verdict === "fails") return end(step);
    }
    steps.push(ok("network ACLs", `${target.aclId} lets it into ${target.id}, and the answer back`));
  }
  const into = groupStep(crossing, far, "ingress", from, eni.groups);
  return end(into);
}

function groupStep(
  { vpc, protocol, port }: Crossing,
  eni: PathEni,
  direction: "egress" | "ingress",
  peer: string,
  peerGroups: readonly string[],
): NetStep {
  const traffic = { protocol, port, peerAddress: peer, peerGroups };
  const rule = allowingRule(vpc.rules, eni.groups, direction, traffic, vpc.prefixLists);
  const step = `security group, ${direction}`;
  const what = `${protocol} ${port} ${direction === "egress" ? "to" : "from"} ${peer}`;
  if (rule) return ok(step, `${rule.groupId} of ${eni.id} allows ${what}: ${ruleText(rule)}`, { rule });
  const ours = vpc.rules.filter(({ groupId, egress }) => eni.groups.includes(groupId) && egress === (direction === "egress"));
  const misses = ours.map((each) => `${each.groupId}: ${ruleText(each)}`);
  const groups = peerGroups.length > 0 ? ` (groups ${peerGroups.join(", ")})` : "";
  return fails(
    step,
    `no rule of ${eni.groups.join(", ")} on ${eni.id}${eni.description ? ` (${eni.description})` : ""} allows ${what}${groups}; ${direction} rules: ${misses.join("; ") || "none"}`,
    { groups: eni.groups, rules: ours },
  );
}

/** `tcp 443 10.0.0.0/16`. */
export function ruleText({ protocol, fromPort, toPort, cidr, cidr6, prefixListId, referencedGroupId }: GroupRule): string {
  const ports = protocol === "-1" || fromPort === -1 ? "" : fromPort === toPort ? ` ${fromPort}` : ` ${fromPort}-${toPort}`;
  return `${protocol === "-1" ? "all" : protocol}${ports} ${cidr ?? cidr6 ?? prefixListId ?? referencedGroupId ?? ""}`;
}

function aclStep(
  { protocol }: Crossing,
  { id, aclId, acl }: PathSubnet,
  direction: "egress" | "ingress",
  peer: string,
  port: number,
): NetStep {
  const text = `${protocol} ${port} ${direction === "egress" ? "to" : "from"} ${peer} ${direction === "egress" ? "out of" : "into"} ${id}`;
  const answer = port === EPHEMERAL ? " (the answer's way: network ACLs keep no state)" : "";
  return aclAllows(acl, direction, { protocol: PROTOCOL_NUMBERS[protocol], port, peerAddress: peer })
    ? ok("network ACL", `${aclId} lets ${text}`)
    : fails("network ACL", `${aclId} denies ${text}${answer}`);
}

function routeStep({ vpc, to, eni, from }: Crossing, subnet: PathSubnet, inside: boolean): { step: NetStep; source?: string } {
  const { routeTableId, routes } = subnet;
  const route = lookupRoute(routes, to);
  const step = "VPC route";
  if (!route)
    return {
      step: fails(step, `${routeTableId} of ${subnet.id} has no route to ${to}${inside ? "" : ": the subnet has no way out of the VPC"}`),
    };
  const text = `${routeTableId} of ${subnet.id}: ${route.destination} to ${route.target}`;
  if (route.state === "blackhole") return { step: fails(step, `${text} is a blackhole: its target is gone`) };
  if (route.target.startsWith("igw-") || route.target.startsWith("eigw-"))
    return { step: publicStep(text, from, eni, route.target), ...publicSource(eni, from) };
  if (route.target.startsWith("nat-")) {
    const nat = vpc.enis.find(({ description }) => description.includes(route.target));
    const source = nat && Object.values(nat.publicAddresses)[0];
    return { step: ok(step, `${text}, which translates to ${source ?? "its own address"}`), ...(source && { source }) };
  }
  return { step: ok(step, text) };
}

const publicSource = (eni: PathEni, from: string) => (eni.publicAddresses[from] ? { source: eni.publicAddresses[from] } : {});

/** An internet gateway translates one to one, and only addresses that have a public one; IPv6 addresses are public. */
function publicStep(text: string, from: string, eni: PathEni, target: string): NetStep {
  if (target.startsWith("eigw-") || from.includes(":")) return ok("VPC route", text);
  const address = eni.publicAddresses[from];
  if (address) return ok("VPC route", `${text}, which translates ${from} to ${address}`);
  const hint =
    eni.addresses[0] === from
      ? ""
      : "; pods leave with their own address because source NAT is off (AWS_VPC_K8S_CNI_EXTERNALSNAT) or excludes the destination";
  return fails(
    "VPC route",
    `${text}, but ${from} has no public address: an internet gateway drops it; use a NAT gateway or public nodes${hint}`,
  );
}
