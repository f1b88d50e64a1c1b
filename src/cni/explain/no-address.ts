// Why a pod has no address (spec vpc-cni §14: "failed to assign an IP address to container" says nothing).
import type { NetStep } from "../../base/net-report.ts";
import { isShortage } from "../ipamd/errors.ts";
import type { NodeFacts, PodFacts, PoolFacts, SubnetFacts } from "./address-facts.ts";
import { CONTROLLER_POLICY } from "./advice.ts";
import { windowsAddress } from "./windows-address.ts";

const fails = (step: string, text: string): NetStep => ({ step, verdict: "fails", text });
const ok = (step: string, text: string): NetStep => ({ step, verdict: "ok", text });
const warns = (step: string, text: string): NetStep => ({ step, verdict: "warns", text });

/** The way of a pod to its address, ending where it stops. `now` is epoch milliseconds; `subnet` is the one the node's pool grows in. */
export function explainNoAddress(pod: PodFacts, node: NodeFacts | undefined, subnet: SubnetFacts | undefined, now: number): NetStep[] {
  if (pod.phase === "Succeeded" || pod.phase === "Failed") return [fails("pod", `${pod.phase}: its address was given back when it ended`)];
  if (pod.node === undefined) return [fails("scheduling", unscheduled(pod))];
  const placed = ok("scheduling", `placed on ${pod.node}`);
  if (!node) return [placed, fails("node", `${pod.node} does not exist any more, or no instance is behind it`)];
  if (pod.hostNetwork) return [placed, ...hostNetwork(node)];
  if (node.windows) return [placed, ...windowsAddress(pod, node, node.windows)];
  const network = nodeNetwork(node);
  if (network) return [placed, ...network];
  const ready = ok("node", `${node.name} (${node.instanceType}) is Ready, aws-node runs`);
  if (pod.wantsBranch) return [placed, ready, branch(pod, node)];
  const { pool } = node;
  if (!pool) return [placed, ready, fails("pool", "ipamd has not begun to serve yet")];
  return [placed, ready, ...explainPool(node, pool, subnet, now), ...(pod.sandbox ? [warns("event", pod.sandbox)] : [])];
}

function unscheduled({ unscheduled: why }: PodFacts): string {
  if (!why) return "not scheduled yet";
  if (/too many pods/i.test(why))
    return `${why}. The nodes are at their max pods: add nodes, or use prefix delegation with new node groups`;
  if (/vpc\.amazonaws\.com\/pod-eni/.test(why)) {
    return `${why}. Branch interfaces are used up, or the nodes' type cannot carry a trunk, or ENABLE_POD_ENI is off`;
  }
  return why;
}

function hostNetwork(node: NodeFacts): NetStep[] {
  return node.ready
    ? [warns("address", "the pod uses the host's network: it shows the node's address once it runs")]
    : [fails("node", `${node.name} is NotReady: ${node.condition}`)];
}

/** Why the node cannot give addresses at all; undefined if it can. */
function nodeNetwork(node: NodeFacts): NetStep[] | undefined {
  if (node.fargate) return node.ready ? undefined : [fails("node", `the Fargate machine ${node.name} is not ready: ${node.condition}`)];
  const notReady = node.ready ? [] : [warns("node", `${node.name} is NotReady: ${node.condition}`)];
  if (node.awsNode === undefined) {
    return [
      ...notReady,
      fails("aws-node", "no aws-node pod is on the node: the vpc-cni add-on is missing, or its DaemonSet does not select the node"),
    ];
  }
  if (node.cniFailure !== undefined) return [...notReady, fails("aws-node", startFailure(node.cniFailure))];
  if (node.awsNode !== "Running") return [...notReady, fails("aws-node", `the aws-node pod of the node is ${node.awsNode}`)];
  return node.ready || node.pool ? undefined : [fails("node", `${node.name} is NotReady: ${node.condition}`)];
}

function startFailure(cause: string): string {
  if (/eniconfig/i.test(cause)) {
    return `ipamd does not start: ${cause}. Make the ENIConfig the node names; there is no falling back to "default"`;
  }
  if (/not authorized|UnauthorizedOperation/i.test(cause)) {
    return `ipamd does not start: ${cause}. Attach AmazonEKS_CNI_Policy to the role of aws-node (its service account's, or the node's)`;
  }
  return `ipamd does not start: ${cause}`;
}

function branch({ sandbox }: PodFacts, { branches, instanceType, name }: NodeFacts): NetStep {
  if (branches === 0) {
    const causes = `ENABLE_POD_ENI is off, ${instanceType} cannot carry one, every interface slot is taken, or EKS may not make it (then ${CONTROLLER_POLICY})`;
    return fails("trunk interface", `${name} has no trunk interface for the pod's own security groups: ${causes}; see the node's events`);
  }
  const hint = sandbox && /UnauthorizedOperation|AccessDenied/.test(sandbox) ? `; ${CONTROLLER_POLICY}` : "";
  return fails(
    "branch interface",
    `the pod has security groups of its own and waits for its branch interface (annotation vpc.amazonaws.com/pod-eni)${sandbox ? `; ${sandbox}` : ""}${hint}`,
  );
}

/** Why a node's pool has no address to give; undefined if it has one, or will after the next look at it. */
export function emptyPoolCause(node: PoolNode, pool: PoolFacts, now: number): string | undefined {
  const failed = explainPool(node, pool, undefined, now).find(({ verdict, step }) => verdict === "fails" && step !== "growth");
  return failed && `${failed.step}: ${failed.text}`;
}

type PoolNode = Pick<NodeFacts, "name" | "instanceType" | "cordoned" | "maxPods" | "pods">;

function explainPool(node: PoolNode, pool: PoolFacts, subnet: SubnetFacts | undefined, now: number): NetStep[] {
  const { total, assigned, cooldown, interfaces } = pool;
  const free = total - assigned - cooldown;
  const state = `${total} addresses on ${interfaces} interfaces, ${assigned} in use, ${cooldown} cooling down`;
  if (free > 0) return [ok("pool", `${state}: ${free} free; the next attempt of the kubelet gets one`)];
  return [warns("pool", state), ...cause(node, pool, subnet, now)];
}

/** Why an empty pool does not grow; the first cause that holds, and what hides behind it. */
function cause(node: PoolNode, pool: PoolFacts, subnet: SubnetFacts | undefined, now: number): NetStep[] {
  const { failure, cooldown, cooldownSeconds } = pool;
  if (pool.pausedUntil !== undefined && pool.pausedUntil > now) {
    const seconds = Math.ceil((pool.pausedUntil - now) / 1000);
    return [shortage(pool, subnet, failure?.code), fails("pause", `after the shortage the pool rests for 120 s; ${seconds} s are left`)];
  }
  if (failure?.code === "UnauthorizedOperation") {
    return [
      fails(
        "permissions",
        `IAM refuses ec2:${failure.operation} to aws-node: attach AmazonEKS_CNI_Policy to the role of its service account or of the node`,
      ),
    ];
  }
  if (failure?.code === "RequestLimitExceeded") {
    return [fails("throttling", `EC2 throttles ${failure.operation} (RequestLimitExceeded); ipamd asks again every 5 s`)];
  }
  if (!pool.provisioning) {
    const why = "DISABLE_NETWORK_RESOURCE_PROVISIONING or ENABLE_IMDS_ONLY_MODE is set: ipamd adds nothing to what the instance has";
    return [fails("settings", why)];
  }
  if (node.cordoned) return [fails("cordoned", `${node.name} is cordoned: its pool does not grow (AWS_MANAGE_ENIS_NON_SCHEDULABLE)`)];
  if (pool.minimumIpTarget > 0 && pool.warmIpTarget === 0 && pool.total >= pool.minimumIpTarget) {
    return [
      fails(
        "settings",
        `MINIMUM_IP_TARGET=${pool.minimumIpTarget} without WARM_IP_TARGET never grows beyond it; set WARM_IP_TARGET to 1 or more`,
      ),
    ];
  }
  const limit = pool.freeSlots === 0 && pool.interfaces + pool.unmanaged >= pool.maxInterfaces ? [interfaceLimit(node, pool)] : [];
  if (cooldown > 0) {
    const text = `the pool counts ${cooldown} addresses as available that cool down for ${cooldownSeconds} s after their pods (IP_COOLDOWN_PERIOD)`;
    return [fails("cool-down", text), ...limit];
  }
  if (limit.length > 0) return limit;
  if (pool.total >= node.maxPods)
    return [fails("max pods", `the pool stops at max pods ${node.maxPods}, and ${node.pods} pods are on the node`)];
  if (pool.excluded > 0 && pool.excluded === pool.interfaces && !failure) {
    return [
      fails("subnet", "all interfaces are in subnets tagged kubernetes.io/role/cni=0 or for another cluster: they serve no new pods"),
    ];
  }
  if (failure && isShortage(failure)) return [shortage(pool, subnet, failure.code)];
  if (failure) return [fails("EC2", `${failure.operation} answered ${failure.code}: ${failure.message}`)];
  if (subnet && lacks(pool, subnet)) return [shortage(pool, subnet, undefined)];
  return [fails("growth", "the pool grows with the next look at it, within 5 s")];
}

const lacks = ({ prefixMode }: PoolFacts, { available, freePrefixes }: SubnetFacts) => (prefixMode ? freePrefixes === 0 : available === 0);

function shortage({ prefixMode }: PoolFacts, subnet: SubnetFacts | undefined, code: string | undefined): NetStep {
  if (!subnet) return fails("subnet", `the subnet is short of addresses${code ? `: ${code}` : ""}`);
  const { id, cidr, available, freePrefixes } = subnet;
  const facts = { subnet: id, cidr, available, freePrefixes };
  const short = code ?? (prefixMode ? "InsufficientCidrBlocks" : "InsufficientFreeAddressesInSubnet");
  if (prefixMode && available >= 16) {
    const text = `${short}: ${id} (${cidr}) has ${available} free addresses, but ${freePrefixes} free /28 blocks: it is fragmented; reserve a range for prefixes (create-subnet-cidr-reservation) or use another subnet`;
    return { step: "subnet", verdict: "fails", text, facts };
  }
  const text = `${short}: ${id} (${cidr}) has ${available} free addresses; add subnets tagged kubernetes.io/role/cni=1, or lower the warm targets`;
  return { step: "subnet", verdict: "fails", text, facts };
}

function interfaceLimit(
  { instanceType, maxPods }: PoolNode,
  { maxInterfaces, slotsPerInterface, prefixMode, unmanaged, total }: PoolFacts,
): NetStep {
  const foreign = unmanaged > 0 ? `, ${unmanaged} of them not ipamd's` : "";
  const mismatch = total + 2 < maxPods ? `; max pods ${maxPods} promises more than these ${total} addresses: lower it to ${total + 2}` : "";
  return fails(
    "interface limit",
    `${instanceType} has all ${maxInterfaces} interfaces${foreign}, each full with ${slotsPerInterface} ${prefixMode ? "prefixes" : "addresses"}${mismatch}`,
  );
}
