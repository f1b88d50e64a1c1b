// `atoll net explain`: gathers what Kubernetes, EC2 and ipamd know, and lets the judgements of src/cni/explain judge.
import type { NetReport, NetStep } from "../../base/net-report.ts";
import { seededRandom } from "../../base/random.ts";
import type { EmbeddedCluster } from "../../clusters/embedded-cluster.ts";
import type { SubnetFacts } from "../../cni/explain/address-facts.ts";
import { holderOf } from "../../cni/explain/holder.ts";
import { linkOf, vethOf } from "../../cni/explain/host-view.ts";
import { policySteps } from "../../cni/explain/network-policy.ts";
import { explainNoAddress } from "../../cni/explain/no-address.ts";
import { explainPath, type PathAnswer } from "../../cni/explain/path.ts";
import type { PathPod, PathQuestion } from "../../cni/explain/path-facts.ts";
import { PlannedSubnet } from "../../cni/plan/planned-subnet.ts";
import type { KubeObject } from "../../kubernetes/api/object.ts";
import { containsAddress, parseAddress, parseCidr } from "../../vpc/cidr.ts";
import type { SimulatedNodes } from "../simulated-nodes.ts";
import type { NetScope } from "./ec2-facts.ts";
import { NetError } from "./errors.ts";
import { hostPod, hostViewOf, nodeFactsOf, podFacts } from "./node-view.ts";
import { subnetNamed } from "./plan.ts";
import { policyEnd } from "./policy-facts.ts";
import { readVpc, type VpcFacts } from "./vpc-facts.ts";

/** The other end of the traffic asked about. */
export interface Target {
  /** An address or NAMESPACE/POD. */
  readonly to: string;
  readonly protocol: PathQuestion["protocol"];
  readonly port: number;
}

/** What explanations are looked up in. `now` is epoch milliseconds. */
export interface NetSources {
  readonly cluster: EmbeddedCluster;
  readonly nodes: SimulatedNodes;
  readonly scope: NetScope;
  readonly now: number;
}

/** Explains a pod's address, or its traffic to somewhere. Throws NetError if there is no such pod, or the target is none. */
export async function explainNet(sources: NetSources, namespace: string, name: string, target?: Target): Promise<NetReport> {
  const pod = podNamed(sources.cluster, `${namespace}/${name}`);
  const facts = podFacts(sources.cluster, pod);
  const head = { pod: `${namespace}/${name}`, ...(target && { to: target.to }) };
  if (!facts.address) return { ...head, passes: false, ...(await missing(sources, pod)) };
  const vpc = await readVpc(sources.scope, sources.cluster.facts.vpcId);
  const from = pathPod(pod, vpc);
  const steps = whereabouts(sources, from, vpc);
  if (!target)
    return {
      ...head,
      passes: true,
      address: facts.address,
      steps,
      answer: `The pod has ${facts.address} on ${from.eniId || "no interface"}.`,
    };
  const node = sources.nodes.byName(sources.cluster.facts.key, from.node);
  if (!node) throw new NetError(`The node ${from.node} of ${head.pod} does not run.`);
  const { to, toPod } = resolve(sources, target.to, vpc);
  const host = hostViewOf(sources.cluster, node, vpc);
  const packet = { protocol: target.protocol, port: target.port };
  const leaving = policySteps(policyEnd(sources.cluster, pod), "Egress", { ...packet, peer: to });
  const isStopped = leaving.some(({ verdict }) => verdict === "fails");
  const path = isStopped ? stopped : explainPath({ pod: from, host, vpc, to, ...(toPod && { toPod }), ...packet });
  const far = path.passes && toPod && podNamed(sources.cluster, `${toPod.namespace}/${toPod.name}`);
  const coming = far ? policySteps(policyEnd(sources.cluster, far), "Ingress", { ...packet, peer: path.source ?? from.address }) : [];
  const way = [...leaving, ...path.steps, ...coming];
  const reason = way.find(({ verdict }) => verdict === "fails");
  return {
    ...{ ...head, passes: !reason, address: facts.address, ...(path.source && { source: path.source }) },
    steps: [...steps, ...way],
    answer: reason
      ? `${target.protocol} ${target.port} to ${to} does not pass: ${reason.text}`
      : `${target.protocol} ${target.port} to ${to} passes; the other end sees ${path.source}.`,
  };
}

/** A packet that does not come out of its pod. */
const stopped: PathAnswer = { passes: false, steps: [] };

function podNamed(cluster: EmbeddedCluster, text: string): KubeObject {
  const [namespace = "", name = "", ...rest] = text.split("/");
  const pod = rest.length === 0 ? cluster.client().get("pods", namespace, name) : undefined;
  if (!pod) throw new NetError(`There is no pod ${text} in cluster ${cluster.facts.name}; list them with: kubectl get pods -A`);
  return pod;
}

async function missing({ cluster, nodes, scope, now }: NetSources, pod: KubeObject): Promise<Pick<NetReport, "steps" | "answer">> {
  const facts = podFacts(cluster, pod);
  const node = facts.node === undefined ? undefined : nodes.byName(cluster.facts.key, facts.node);
  const nodeFacts = facts.node === undefined ? undefined : nodeFactsOf(cluster, facts.node, node);
  let subnet: SubnetFacts | undefined;
  if (node) {
    const planned = new PlannedSubnet(await subnetNamed(node.boot.subnetId, scope), seededRandom(1)).report();
    subnet = { id: node.boot.subnetId, cidr: planned.cidr, available: planned.available, freePrefixes: planned.freePrefixes };
  }
  const steps = explainNoAddress(facts, nodeFacts, subnet, now);
  const reason = steps.find(({ verdict }) => verdict === "fails") ?? steps.at(-1);
  return { steps, answer: `The pod has no address: ${reason?.text}` };
}

function pathPod(pod: KubeObject, vpc: VpcFacts): PathPod {
  const host = hostPod(pod, vpc);
  const eniId = holderOf(vpc.enis, host.address)?.id ?? "";
  return { ...host, eniId, hostNetwork: pod.spec.hostNetwork === true, node: pod.spec.nodeName ?? "" };
}

/** Node, instance, interface, device, subnet, route table and groups behind the pod's address. */
function whereabouts({ cluster, nodes }: NetSources, pod: PathPod, vpc: VpcFacts): NetStep[] {
  const node = nodes.byName(cluster.facts.key, pod.node);
  const eni = vpc.enis.find(({ id }) => id === pod.eniId);
  if (!eni) return [{ step: "address", verdict: "fails", text: `${pod.address} is on no interface of the VPC` }];
  const subnet = vpc.subnets.find(({ id }) => id === eni.subnetId);
  const attachment = vpc.interfaces.find(({ NetworkInterfaceId }) => NetworkInterfaceId === eni.id)?.Attachment;
  const link = pod.branch
    ? `VLAN ${pod.branch.vlanId}`
    : attachment && linkOf({ device: attachment.DeviceIndex ?? 0, card: attachment.NetworkCardIndex ?? 0 });
  const host = node && !node.boot.fargate && !pod.hostNetwork ? vethOf(pod, hostViewOf(cluster, node, vpc).environment) : undefined;
  const facts = {
    ...{
      address: pod.address,
      node: pod.node,
      instance: node?.boot.instanceId,
      interface: eni.id,
      device: attachment?.DeviceIndex,
      link,
      veth: host,
    },
    ...{
      subnet: eni.subnetId,
      subnetCidr: subnet?.cidr,
      routeTable: subnet?.routeTableId,
      networkAcl: subnet?.aclId,
      securityGroups: eni.groups,
    },
  };
  const what = pod.hostNetwork ? "is the node's own address" : `is on ${eni.id} (${link ?? "no link"})`;
  const text = `${pod.address} ${what} of ${node?.boot.instanceId ?? "no instance"} (${pod.node}); subnet ${eni.subnetId} (${subnet?.cidr}), route table ${subnet?.routeTableId}, security groups ${eni.groups.join(", ")}`;
  return [{ step: "address", verdict: "ok", text, facts }];
}

function resolve({ cluster }: NetSources, text: string, vpc: VpcFacts): { to: string; toPod?: PathPod } {
  const client = cluster.client();
  if (text.includes("/")) {
    const pod = podNamed(cluster, text);
    if (!pod.status?.podIP) throw new NetError(`Pod ${text} has no address; ask: atoll net explain ${text}`);
    return { to: pod.status.podIP, toPod: pathPod(pod, vpc) };
  }
  const address = parseAddress(text);
  if (!address) throw new NetError(`${text} is neither an address nor NAMESPACE/POD`);
  const services = parseCidr(cluster.facts.serviceCidr);
  if (services && containsAddress(services, address)) {
    const service = client.list("services").find(({ spec }) => spec?.clusterIP === text);
    const name = service ? `of Service ${service.metadata.namespace}/${service.metadata.name}` : "of no Service";
    throw new NetError(`${text} is the address ${name}: kube-proxy sends it to one of the Service's pods; ask about one of them`);
  }
  const pod = client.list("pods").find((each) => each.status?.podIP === text && !each.spec.hostNetwork);
  return { to: text, ...(pod && { toPod: pathPod(pod, vpc) }) };
}
