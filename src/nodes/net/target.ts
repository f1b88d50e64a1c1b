// What explanations are asked about: pods by name, and the other end of traffic as an address, a pod or a Service.
import type { EmbeddedCluster } from "../../clusters/embedded-cluster.ts";
import { holderOf } from "../../cni/explain/holder.ts";
import type { PathPod, PathQuestion } from "../../cni/explain/path-facts.ts";
import type { KubeObject } from "../../kubernetes/api/object.ts";
import { containsAddress, parseAddress, parseCidr } from "../../vpc/cidr.ts";
import { NetError } from "./errors.ts";
import { hostPod } from "./node-view.ts";
import { serviceWith } from "./service-target.ts";
import type { VpcFacts } from "./vpc-facts.ts";

/** The other end of the traffic asked about. */
export interface Target {
  /** An address or NAMESPACE/POD. */
  readonly to: string;
  readonly protocol: PathQuestion["protocol"];
  readonly port: number;
}

/** The pod called NAMESPACE/POD. Throws NetError if there is none. */
export function podNamed(cluster: EmbeddedCluster, text: string): KubeObject {
  const [namespace = "", name = "", ...rest] = text.split("/");
  const pod = rest.length === 0 ? cluster.client().get("pods", namespace, name) : undefined;
  if (!pod) throw new NetError(`There is no pod ${text} in cluster ${cluster.facts.name}; list them with: kubectl get pods -A`);
  return pod;
}

/** A pod with an address as paths know it. */
export function pathPod(pod: KubeObject, vpc: VpcFacts): PathPod {
  const host = hostPod(pod, vpc);
  const eniId = holderOf(vpc.enis, host.address)?.id ?? "";
  return { ...host, eniId, hostNetwork: pod.spec.hostNetwork === true, node: pod.spec.nodeName ?? "" };
}

/** What was asked about: an address, the pod or the Service that has it. */
export interface Aim {
  readonly to: string;
  readonly toPod?: PathPod;
  readonly service?: KubeObject;
}

/** Finds the other end. Throws NetError if the text names none. */
export function aimAt(cluster: EmbeddedCluster, text: string, vpc: VpcFacts): Aim {
  const client = cluster.client();
  if (text.includes("/")) {
    const pod = podNamed(cluster, text);
    if (!pod.status?.podIP) throw new NetError(`Pod ${text} has no address; ask: atoll net explain ${text}`);
    return { to: pod.status.podIP, toPod: pathPod(pod, vpc) };
  }
  const address = parseAddress(text);
  if (!address) throw new NetError(`${text} is neither an address nor NAMESPACE/POD`);
  const services = parseCidr(cluster.facts.serviceCidr);
  if (services && containsAddress(services, address)) return { to: text, service: serviceWith(cluster, text) };
  const pod = client.list("pods").find((each) => each.status?.podIP === text && !each.spec.hostNetwork);
  return { to: text, ...(pod && { toPod: pathPod(pod, vpc) }) };
}
