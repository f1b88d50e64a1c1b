// A pod on a branch interface, as the advice of `atoll net explain` needs it.
import type { NetStep } from "../../base/net-report.ts";
import type { EmbeddedCluster } from "../../clusters/embedded-cluster.ts";
import { branchAdvice } from "../../cni/explain/branch-advice.ts";
import { holderOf } from "../../cni/explain/holder.ts";
import { modeOf } from "../../cni/explain/host-view.ts";
import { boolean } from "../../cni/settings/parse.ts";
import type { KubeObject } from "../../kubernetes/api/object.ts";
import { probedPorts } from "../../kubernetes/kubelet/probes.ts";
import { matchesMap } from "../../kubernetes/runtime/selectors.ts";
import { environmentOf } from "../cni-host.ts";
import { awsNodeOn, hostPod, type Node, setUpMode } from "./node-view.ts";
import type { VpcFacts } from "./vpc-facts.ts";

/** What is worth knowing of a pod on a node of the cluster; nothing if it has no branch interface. */
export function branchSteps(cluster: EmbeddedCluster, node: Node, pod: KubeObject, vpc: VpcFacts): NetStep[] {
  const branch = holderOf(vpc.enis, pod.status?.podIP ?? "");
  if (!node || !branch || !hostPod(pod, vpc).branch) return [];
  const awsNode = awsNodeOn(cluster, pod.spec.nodeName);
  const mode = setUpMode(node, pod) ?? modeOf(awsNode ? environmentOf(awsNode) : {});
  return branchAdvice({
    ...{ mode, branch, vpc, probedPorts: probedPorts(pod) },
    node: holderOf(vpc.enis, pod.status?.hostIP ?? ""),
    earlyDemuxOff: boolean(awsNode && environmentOf(awsNode, "aws-vpc-cni-init").DISABLE_TCP_EARLY_DEMUX, false),
    localServices: cluster
      .client()
      .list("services", { namespace: pod.metadata.namespace ?? "" })
      .filter(({ spec }) => spec?.externalTrafficPolicy === "Local" && ["NodePort", "LoadBalancer"].includes(spec.type))
      .filter(({ spec }) => matchesMap(spec.selector, pod.metadata.labels))
      .map(({ metadata }) => `${metadata.namespace}/${metadata.name}`),
  });
}
