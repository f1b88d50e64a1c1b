// What network policies say about one end of a connection, in words (spec vpc-cni §8).
import type { NetStep } from "../../base/net-report.ts";
import { containsAddress, parseAddress, parseCidr } from "../../vpc/cidr.ts";
import { type AgentFacts, type AgentPod, type Isolation, POD_STATE, type PodPrograms, podPrograms } from "../network-policy/agent.ts";
import { MAX_PORTS, type Packet, type SourcedEntry } from "../network-policy/firewall.ts";
import { judge, type Verdict } from "../network-policy/judge.ts";
import type { Direction, Entry, PolicyEndpoint } from "../network-policy/types.ts";

/** One end of a connection: a pod, its node's agent, and what the cluster holds about it. */
export interface PolicyEnd {
  readonly pod: AgentPod;
  readonly node: string;
  /** Undefined: no agent runs on the node. */
  readonly agent: AgentFacts | undefined;
  readonly endpoints: readonly PolicyEndpoint[];
  /** `namespace/name` of the policies that select the pod. */
  readonly selecting: readonly string[];
  /** Those of them whose PolicyEndpoints are behind. */
  readonly outdated: readonly string[];
  /** Whether a Deployment or the like made the pod. */
  readonly isControlled: boolean;
}

/** Judges a packet at the pod. Nothing is said where no policy has a say; a step that fails is the last. */
export function policySteps(end: PolicyEnd, direction: Direction, packet: Packet): NetStep[] {
  const { pod, agent, selecting, node } = end;
  const name = `${pod.namespace}/${pod.name}`;
  const step = `network policy, ${direction.toLowerCase()}`;
  const warns = (text: string): NetStep => ({ step, verdict: "warns", text });
  const idle = idleReason(end);
  if (idle || !agent) return selecting.length > 0 ? [warns(`${some(selecting)} ${name}, but ${idle}`)] : [];
  const programs = podPrograms(pod, agent, end.endpoints)!;
  const verdict = judge(programs, agent, direction, packet);
  const steps = [
    ...(end.outdated.length > 0 ? [warns(`PolicyEndpoints of ${end.outdated.join(", ")} are behind: they will change in a moment`)] : []),
    ...limits(programs, direction).map(warns),
  ];
  const isSelected = programs.state === POD_STATE.policiesApplied;
  if (isSelected && !end.isControlled)
    steps.push(warns(`${name} has no controller: AWS supports network policies for pods of Deployments and the like only`));
  if (verdict.because === "default" && verdict.allowed && selecting.length === 0) return steps;
  const text = told(verdict, { name, node, modeSetting: agent.modeSetting, direction, packet, programs, selecting });
  const kind = !verdict.allowed ? "fails" : verdict.because === "default" ? "warns" : "ok";
  const { cleanupPeriod, tableSize } = agent.conntrack;
  const facts = {
    maps: programs.identity,
    podState: programs.state,
    conntrackCleanupSeconds: cleanupPeriod,
    conntrackTableSize: tableSize,
  };
  return [...steps, { step, verdict: kind, text, facts: { ...facts, ...(verdict.because === "entry" && { entry: verdict.by.entry }) } }];
}

/** Why the agent leaves the pod alone, if it does. */
function idleReason({ pod, agent, node }: PolicyEnd): string | undefined {
  if (!agent) return `no network policy agent runs on ${node}: nothing is enforced there`;
  if (!agent.enforces)
    return `the agent on ${node} runs with --enable-network-policy=false: nothing is enforced; set enableNetworkPolicy to "true" in the add-on's configuration`;
  return pod.hostNetwork ? "pods on the host network are exempt" : undefined;
}

const some = (policies: readonly string[]) => (policies.length === 1 ? `${policies[0]} selects` : `${policies.join(", ")} select`);

interface Told {
  readonly name: string;
  readonly node: string;
  readonly modeSetting: string;
  readonly direction: Direction;
  readonly packet: Packet;
  readonly programs: PodPrograms;
  readonly selecting: readonly string[];
}

function told(verdict: Verdict, { name, node, modeSetting, direction, packet, programs, selecting }: Told): string {
  const what = `${packet.protocol.toLowerCase()} ${packet.port} ${direction === "Egress" ? "to" : "from"} ${packet.peer}`;
  const waiting = selecting.length > 0 ? `: ${some(selecting)} it, but no PolicyEndpoint lists it yet` : "";
  switch (verdict.because) {
    case "own node":
      return `${packet.peer} is the address of ${node}: traffic with the pod's own node is always allowed`;
    case "not isolated":
      return `no policy isolates ${name} for ${direction.toLowerCase()}`;
    case "default":
      return verdict.allowed
        ? `${node} allows everything until policies are programmed (${modeSetting})${waiting}`
        : `${node} denies everything until policies are programmed (${modeSetting}), and none is for ${name}${waiting || "; write a policy that selects it and allows what it needs, DNS included"}`;
    case "entry":
      return `${from(verdict.by)} allows ${what}: ${entryText(verdict.by.entry)}`;
    case "isolated": {
      const { by, map } = (direction === "Ingress" ? programs.ingress : programs.egress)!;
      const names = by.map(({ policy, endpoint }) => `${policy} (PolicyEndpoint ${endpoint})`);
      const near = verdict.near.map((each) => `${from(each)}: ${entryText(each.entry)}`);
      const hint = near.length > 0 ? `; entries for that address: ${near.join("; ")}` : exception(map, packet.peer);
      return `${name} is isolated for ${direction.toLowerCase()} by ${[...new Set(names)].join(", ")}, and nothing there allows ${what}${hint}`;
    }
    default:
      return `nothing is enforced on ${name}`;
  }
}

const from = ({ policy, endpoint }: SourcedEntry) => `policy ${policy} (PolicyEndpoint ${endpoint})`;

/** `10.0.1.0/24 except 10.0.1.4/30, TCP 80, TCP 8000-8100`. */
function entryText({ cidr, except = [], ports = [] }: Entry): string {
  const range = (port?: number, endPort?: number) =>
    port === undefined ? " all ports" : ` ${port}${endPort === undefined ? "" : `-${endPort}`}`;
  const open = ports.map(({ protocol, port, endPort }) => `${protocol}${range(port, endPort)}`);
  return [`${cidr}${except.length > 0 ? ` except ${except.join(", ")}` : ""}`, ...(open.length > 0 ? open : ["everything"])].join(", ");
}

/** That a block leaves the address out, if one does. */
function exception({ entries }: Isolation["map"], peer: string): string {
  const address = parseAddress(peer);
  const isIn = (cidr: string) => {
    const block = parseCidr(cidr);
    return block !== undefined && address !== undefined && containsAddress(block, address);
  };
  const excepting = entries.flatMap(({ sources }) => sources).find(({ entry }) => entry.except?.some(isIn));
  return excepting ? `; ${from(excepting)} leaves it out: ${entryText(excepting.entry)}` : "";
}

/** Blocks the agent cannot program. */
function limits({ ingress, egress }: PodPrograms, direction: Direction): string[] {
  const refused = (direction === "Ingress" ? ingress : egress)?.map.refused ?? [];
  return refused.map(
    ({ cidr, combinations }) =>
      `${cidr} needs ${combinations} combinations of protocol and port, and the agent programs at most ${MAX_PORTS}: the block is not programmed`,
  );
}
