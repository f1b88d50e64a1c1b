// Whether a pod's traffic reaches an address, and by which rule, route, group and gateway (spec vpc-cni §2.7, §4).
import type { NetStep } from "../../base/net-report.ts";
import { egressOf } from "../datapath/egress.ts";
import type { Path } from "../datapath/host-network.ts";
import { MAIN_TABLE } from "../datapath/names.ts";
import { crossVpc, fails, ok } from "./crossing.ts";
import { covers, holderOf } from "./holder.ts";
import { hostState, linkOf, vethOf } from "./host-view.ts";
import type { PathEni, PathQuestion } from "./path-facts.ts";

/** The judgement. `source` is the address the other end sees; absent if nothing leaves. */
export interface PathAnswer {
  readonly passes: boolean;
  readonly source?: string;
  readonly steps: readonly NetStep[];
}

/** Follows a packet from the pod to the address, and what of the answer's way can fail. Steps end at the first failure. */
export function explainPath(asked: PathQuestion): PathAnswer {
  const egress = byEgress(asked);
  if (egress?.end) return egress.end;
  const question = egress?.question ?? asked;
  const before = egress?.steps ?? [];
  const leaving = leaveNode(question);
  if (leaving.end) return { ...leaving.end, steps: [...before, ...leaving.end.steps] };
  const { eni, source } = leaving;
  const steps = [...before, ...leaving.steps];
  const rest = crossVpc({ ...question, from: source, eni });
  return { passes: rest.passes, source: rest.source, steps: [...steps, ...rest.steps] };
}

type Leaving =
  | { readonly end: PathAnswer }
  | { readonly end?: undefined; readonly eni: PathEni; readonly source: string; readonly steps: readonly NetStep[] };

type ByEgress =
  | { readonly end: PathAnswer }
  | { readonly end?: undefined; readonly question: PathQuestion; readonly steps: readonly NetStep[] };

/** An IPv6 pod's way to an IPv4 address: as the node, by the egress plugin. Undefined: pod and address are of one family, or it is IPv6. */
function byEgress(question: PathQuestion): ByEgress | undefined {
  const { pod, host, to } = question;
  if (pod.hostNetwork || !pod.address.includes(":") || to.includes(":")) return undefined;
  const { enabled, setting, link, subnet, chain } = egressOf(host.environment);
  const primary = host.enis.find(({ device, card }) => device === 0 && card === 0)?.primaryIp;
  const where = `${pod.namespace}/${pod.name} (${pod.address}) on ${pod.node}`;
  if (!enabled || primary === undefined)
    return { end: { passes: false, steps: [fails("egress", `${where} has no IPv4: ${setting} is false`)] } };
  const text = `${where}: out by ${link} with an address of ${subnet}, which ${chain}… translates to ${primary}, the node's IPv4 address`;
  return { question: { ...question, pod: { ...pod, address: primary, hostNetwork: true } }, steps: [ok("egress", text)] };
}

/** The source node's part: rule, route, address translation. */
function leaveNode({ pod, host, vpc, to, toPod }: PathQuestion): Leaving {
  const state = hostState(host);
  const self = host.pods.find(({ namespace, name }) => namespace === pod.namespace && name === pod.name) ?? pod;
  const iif = vethOf(self, host.environment);
  const marked = !pod.hostNetwork && isMarked(state.chains, iif, to);
  const path = state.route({ from: pod.address, to, marked, ...(!pod.hostNetwork && { iif }) });
  const where = `${pod.namespace}/${pod.name} (${pod.address}) on ${pod.node}`;
  if (!path) return { end: { passes: false, steps: [fails("host routing", `${where}: no table of the node has a route to ${to}`)] } };
  const steps = [ok("host routing", `${where}: ${pathText(path)}`, { rule: path.rule, route: path.route, marked })];
  const out = path.route.device;
  const local = host.pods.find((each) => vethOf(each, host.environment) === out);
  if (local) {
    const what = toPod ? `${toPod.namespace}/${toPod.name}` : `${local.namespace}/${local.name}`;
    steps.push(ok("same node", `${what} is on this node: the packet stays on the host, no security group and no network ACL is asked`));
    return { end: { passes: true, source: pod.address, steps } };
  }
  const source = pod.hostNetwork ? pod.address : state.sourceOf({ from: pod.address, to, iif }, out);
  if (source !== pod.address) {
    steps.push(
      ok(
        "source NAT",
        `AWS-SNAT-CHAIN-0 (AWS, SNAT): ${pod.address} leaves as ${source}, the node's primary address: its interface's groups apply`,
      ),
    );
  }
  const eni = emitting(out, source, host, vpc.enis);
  if (!eni) return { end: { passes: false, steps: [...steps, fails("interface", `no interface of the node is behind ${out}`)] } };
  steps.push(ok("interface", `${out} is ${eni.id} in ${eni.subnetId}, security groups ${eni.groups.join(", ") || "none"}`));
  if (!eni.addresses.some((each) => covers(each, source))) {
    const text = `${source} is not an address of ${eni.id}: the VPC drops packets from addresses the interface does not hold`;
    return { end: { passes: false, source, steps: [...steps, fails("source check", text)] } };
  }
  return { eni, source, steps };
}

/** The interface a packet leaves by: that of the link, or for a VLAN link the branch that holds the address. */
function emitting(out: string, source: string, host: PathQuestion["host"], enis: readonly PathEni[]): PathEni | undefined {
  const device = host.enis.find((eni) => linkOf(eni) === out);
  if (device) return enis.find(({ id }) => id === device.id);
  return out.startsWith("vlan") ? holderOf(enis, source) : undefined;
}

/** Whether the connmark chain marks the packet, so that it takes table main and the primary interface. */
function isMarked(chains: ReturnType<typeof hostState>["chains"], iif: string, to: string): boolean {
  const entry = chains
    .find(({ table, name }) => table === "nat" && name === "PREROUTING")
    ?.rules.find(({ inInterface, action }) => action.kind === "jump" && iif.startsWith((inInterface ?? "").replace("+", "")));
  if (entry?.action.kind !== "jump") return false;
  const { chain } = entry.action;
  for (const { destination, action } of chains.find(({ name }) => name === chain)?.rules ?? []) {
    if (destination === undefined || covers(destination, to)) return action.kind === "setMark";
  }
  return false;
}

function pathText({ rule, route }: Path): string {
  const table = (id: number | "local") => (id === MAIN_TABLE ? "main" : String(id));
  const selector = [
    rule.from && `from ${rule.from}`,
    rule.to && `to ${rule.to}`,
    rule.iif && `iif ${rule.iif}`,
    rule.mark && `fwmark ${rule.mark}`,
  ].filter(Boolean);
  const via = route.via ? ` via ${route.via}` : "";
  return `rule ${rule.priority}: ${selector.join(" ") || "from all"} lookup ${table(rule.table)}; route ${route.destination}${via} dev ${route.device}`;
}
