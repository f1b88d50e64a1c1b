// `atoll net explain`: gathers what Kubernetes, EC2 and ipamd know, and lets the judgements of src/cni/explain judge.
import type { NetReport, NetStep } from "../../base/net-report.ts";
import { seededRandom } from "../../base/random.ts";
import type { EmbeddedCluster } from "../../clusters/embedded-cluster.ts";
import type { SubnetFacts } from "../../cni/explain/address-facts.ts";
import { linkOf, vethOf } from "../../cni/explain/host-view.ts";
import { explainNoAddress } from "../../cni/explain/no-address.ts";
import type { PathPod } from "../../cni/explain/path-facts.ts";
import { PlannedSubnet } from "../../cni/plan/planned-subnet.ts";
import type { KubeObject } from "../../kubernetes/api/object.ts";
import type { SimulatedNodes } from "../simulated-nodes.ts";
import { WindowsNode } from "../windows-node.ts";
import { branchSteps } from "./branch-facts.ts";
import type { NetScope } from "./ec2-facts.ts";
import { NetError } from "./errors.ts";
import { journey } from "./journey.ts";
import { hostViewOf, nodeFactsOf, podFacts } from "./node-view.ts";
import { subnetNamed } from "./plan.ts";
import { aimAt, pathPod, podNamed, type Target } from "./target.ts";
import { readVpc, type VpcFacts } from "./vpc-facts.ts";

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
      steps: [...steps, ...branchSteps(sources.cluster, sources.nodes.byName(sources.cluster.facts.key, from.node), pod, vpc)],
      answer: `The pod has ${facts.address} on ${from.eniId || "no interface"}.`,
    };
  const node = sources.nodes.byName(sources.cluster.facts.key, from.node);
  if (!node) throw new NetError(`The node ${from.node} of ${head.pod} does not run.`);
  const aim = aimAt(sources.cluster, target.to, vpc);
  const { source, steps: way } = journey({ ...sources, node, vpc }, { object: pod, path: from }, aim, target);
  const reason = way.find(({ verdict }) => verdict === "fails");
  const what = `${target.protocol} ${target.port} to ${aim.to}`;
  return {
    ...{ ...head, passes: !reason, address: facts.address, ...(source && { source }) },
    steps: [...steps, ...way],
    answer: reason ? `${what} does not pass: ${reason.text}` : `${what} passes; the other end sees ${source}.`,
  };
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
  const host =
    node && !node.boot.fargate && !(node instanceof WindowsNode) && !pod.hostNetwork
      ? vethOf(pod, hostViewOf(cluster, node, vpc).environment)
      : undefined;
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
