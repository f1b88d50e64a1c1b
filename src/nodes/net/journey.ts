// A packet from a pod to the other end: policies where it leaves, the Service's choice, the host and the VPC, policies where it arrives.
import type { NetStep } from "../../base/net-report.ts";
import type { EmbeddedCluster } from "../../clusters/embedded-cluster.ts";
import { policySteps } from "../../cni/explain/network-policy.ts";
import { explainPath, type PathAnswer } from "../../cni/explain/path.ts";
import type { PathPod } from "../../cni/explain/path-facts.ts";
import type { KubeObject } from "../../kubernetes/api/object.ts";
import { hostViewOf, type Node } from "./node-view.ts";
import { policyEnd } from "./policy-facts.ts";
import { forward } from "./service-target.ts";
import { type Aim, pathPod, podNamed, type Target } from "./target.ts";
import type { VpcFacts } from "./vpc-facts.ts";

/** Where the journey begins: the cluster, the pod's node and its VPC. */
interface Surroundings {
  readonly cluster: EmbeddedCluster;
  readonly node: NonNullable<Node>;
  readonly vpc: VpcFacts;
}

const hasFailed = (steps: readonly NetStep[]) => steps.some(({ verdict }) => verdict === "fails");
/** A packet that does not come as far as the host. */
const stopped: PathAnswer = { passes: false, steps: [] };

/** Steps up to the first that fails, and the address the other end sees if the packet came to it. */
export function journey(
  { cluster, node, vpc }: Surroundings,
  from: { readonly object: KubeObject; readonly path: PathPod },
  aim: Aim,
  { protocol, port }: Target,
): { source?: string; steps: readonly NetStep[] } {
  // The programs of the pod see the packet before kube-proxy does: a Service's address must be allowed itself.
  const steps = policySteps(policyEnd(cluster, from.object), "Egress", { peer: aim.to, protocol, port });
  let end = { to: aim.to, toPod: aim.toPod, port };
  if (aim.service && !hasFailed(steps)) {
    const { step, backend } = forward(cluster, aim.service, protocol, port);
    steps.push(step);
    if (backend) end = { to: backend.pod.status.podIP, toPod: pathPod(backend.pod, vpc), port: backend.port };
  }
  const { to, toPod } = end;
  const host = hostViewOf(cluster, node, vpc);
  const question = { pod: from.path, host, vpc, to, ...(toPod && { toPod }), protocol, port: end.port };
  const path = hasFailed(steps) ? stopped : explainPath(question);
  steps.push(...path.steps);
  if (path.passes && toPod) {
    const far = podNamed(cluster, `${toPod.namespace}/${toPod.name}`);
    steps.push(...policySteps(policyEnd(cluster, far), "Ingress", { peer: path.source ?? from.path.address, protocol, port: end.port }));
  }
  return { steps, ...(path.source && { source: path.source }) };
}
