// Whether the programs of a pod let a new connection through, and by which policy, object and entry (spec vpc-cni §8.2).
import { parseAddress } from "../../vpc/cidr.ts";
import { type AgentFacts, POD_STATE, type PodPrograms } from "./agent.ts";
import { lookup, type Packet, type SourcedEntry } from "./firewall.ts";
import type { Direction } from "./types.ts";

/** Why a packet passes or not. */
export type Verdict =
  /** The agent does not look at the pod: it does not enforce, or the pod is on the host network. */
  | { readonly allowed: true; readonly because: "not enforced" }
  /** The other end is the pod's own node. */
  | { readonly allowed: true; readonly because: "own node" }
  /** No policy isolates the pod in this direction. */
  | { readonly allowed: true; readonly because: "not isolated" }
  /** No policy is programmed for the pod: the mode decides. */
  | { readonly allowed: boolean; readonly because: "default" }
  | { readonly allowed: true; readonly because: "entry"; readonly by: SourcedEntry }
  /** The pod is isolated and no entry admits the packet. `near` are entries for the other end's address at other ports. */
  | { readonly allowed: false; readonly because: "isolated"; readonly near: readonly SourcedEntry[] };

/** Judges a packet that comes to (`Ingress`) or leaves (`Egress`) a pod. Answers of allowed connections always pass and are not asked about. */
export function judge(programs: PodPrograms | undefined, agent: AgentFacts, direction: Direction, packet: Packet): Verdict {
  if (!programs) return { allowed: true, because: "not enforced" };
  if (sameAddress(packet.peer, agent.nodeAddress)) return { allowed: true, because: "own node" };
  if (programs.state !== POD_STATE.policiesApplied) return { allowed: programs.state === POD_STATE.defaultAllow, because: "default" };
  const isolation = direction === "Ingress" ? programs.ingress : programs.egress;
  if (!isolation) return { allowed: true, because: "not isolated" };
  const { entry, admitted } = lookup(isolation.map, packet);
  return admitted ? { allowed: true, because: "entry", by: admitted } : { allowed: false, because: "isolated", near: entry?.sources ?? [] };
}

/** Whether two texts are one address. */
function sameAddress(a: string, b: string): boolean {
  const [x, y] = [parseAddress(a), parseAddress(b)];
  return x !== undefined && x.family === y?.family && x.value === y.value;
}
