// What commonly goes wrong with pods that have security groups of their own, told before it hurts (spec vpc-cni §6.7, §14).
import type { NetStep } from "../../base/net-report.ts";
import { allowingRule } from "../../vpc/security-groups.ts";
import type { EnforcingMode } from "../datapath/branch-pod.ts";
import type { PathEni, PathVpc } from "./path-facts.ts";

/** A pod on a branch interface and what is around it. */
export interface BranchAdviceFacts {
  readonly mode: EnforcingMode;
  /** DISABLE_TCP_EARLY_DEMUX of the node's aws-node. */
  readonly earlyDemuxOff: boolean;
  /** Ports the kubelet probes over TCP. */
  readonly probedPorts: readonly number[];
  /** The branch, and the node's primary interface, from which the kubelet speaks. */
  readonly branch: PathEni;
  readonly node: PathEni | undefined;
  /** Services of type NodePort or LoadBalancer with externalTrafficPolicy Local that select the pod. */
  readonly localServices: readonly string[];
  readonly vpc: Pick<PathVpc, "rules" | "prefixLists">;
}

const warns = (step: string, text: string): NetStep => ({ step, verdict: "warns", text });

/** Warnings; in standard mode the node's traffic to its own pods is not the groups' business. */
export function branchAdvice({ mode, earlyDemuxOff, probedPorts, branch, node, localServices, vpc }: BranchAdviceFacts): NetStep[] {
  if (mode === "standard") return [];
  const demux =
    probedPorts.length > 0 && !earlyDemuxOff
      ? [
          warns(
            "probes",
            `the kubelet's TCP probes of port ${probedPorts.join(", ")} fail in strict mode: set DISABLE_TCP_EARLY_DEMUX=true on aws-vpc-cni-init`,
          ),
        ]
      : [];
  const closed = probedPorts.filter((port) => {
    const traffic = { protocol: "tcp", port, peerAddress: node?.addresses[0] ?? "", peerGroups: node?.groups ?? [] };
    return !allowingRule(vpc.rules, branch.groups, "ingress", traffic, vpc.prefixLists);
  });
  const groups = closed.map((port) =>
    warns(
      "probes",
      `no rule of ${branch.groups.join(", ")} admits the node (${node?.groups.join(", ") ?? ""}) to port ${port}, which the kubelet probes`,
    ),
  );
  const services = localServices.map((name) =>
    warns(
      "Service",
      `${name} has externalTrafficPolicy Local: its node port does not reach pods with security groups in strict mode; use standard mode`,
    ),
  );
  return [...demux, ...groups, ...services];
}
