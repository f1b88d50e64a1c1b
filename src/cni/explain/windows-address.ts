// Why a pod on a Windows node has no address: the VPC resource controller gives it, if it is told to (spec vpc-cni §7.3).
import type { NetStep } from "../../base/net-report.ts";
import type { NodeFacts, PodFacts, WindowsFacts } from "./address-facts.ts";
import { CONTROLLER_POLICY } from "./advice.ts";

const fails = (step: string, text: string): NetStep => ({ step, verdict: "fails", text });

/** The way of a pod that is placed on a Windows node, ending where it stops. */
export function windowsAddress(pod: PodFacts, node: NodeFacts, { ipam, refusal }: WindowsFacts): NetStep[] {
  if (!node.ready) return [fails("node", `${node.name} is NotReady: ${node.condition}`)];
  const ready: NetStep = { step: "node", verdict: "ok", text: `${node.name} (${node.instanceType}) runs Windows and is Ready` };
  if (!ipam) {
    const text = `enable-windows-ipam is not "true" in the ConfigMap kube-system/amazon-vpc-cni: nobody gives Windows pods addresses. Set it, and make the pod anew`;
    return [ready, fails("windows-ipam", text)];
  }
  if (!pod.wantsWindowsAddress) {
    const text =
      "the pod does not ask for vpc.amazonaws.com/PrivateIPv4Address: it was made before Windows support was enabled, or without nodeSelector kubernetes.io/os=windows. Make it anew";
    return [ready, fails("resource", text)];
  }
  if (refusal && /UnauthorizedOperation|AccessDenied/.test(refusal))
    return [ready, fails("permissions", `EKS may not assign addresses to the node: ${refusal}; ${CONTROLLER_POLICY}`)];
  if (refusal) return [ready, fails("pool", `EC2 gives the node no more addresses: ${refusal}`)];
  return [ready, fails("pool", `the pod waits for an address of the node's pool${pod.sandbox ? `; ${pod.sandbox}` : ""}`)];
}
