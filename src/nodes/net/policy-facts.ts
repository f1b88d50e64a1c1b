// Network policies around one pod, as the judgement needs them: the agent of its node, PolicyEndpoints, and the policies themselves.

import type { EmbeddedCluster } from "../../clusters/embedded-cluster.ts";
import { endpointsOf, policyView } from "../../clusters/network-policy/endpoints.ts";
import type { PolicyEnd } from "../../cni/explain/network-policy.ts";
import { type AgentFacts, CONNTRACK } from "../../cni/network-policy/agent.ts";
import { entryKey, podKey } from "../../cni/network-policy/keys.ts";
import { resolvePolicy } from "../../cni/network-policy/resolve.ts";
import { type Lists, listsOf, POLICIES, POLICY_ENDPOINTS, policyEndpoint } from "../../cni/network-policy/types.ts";
import { boolean, integer } from "../../cni/settings/parse.ts";
import type { KubeObject } from "../../kubernetes/api/object.ts";
import { controllerOf } from "../../kubernetes/runtime/owners.ts";
import { compileSelector } from "../../kubernetes/runtime/selectors.ts";
import { environmentOf } from "../cni-host.ts";
import { awsNodeOn } from "./node-view.ts";

const AGENT = "aws-eks-nodeagent";
const MODE = "NETWORK_POLICY_ENFORCING_MODE";
const DEFINITIONS = "customresourcedefinitions.apiextensions.k8s.io";
const NODE_CLASSES = "nodeclasses.eks.amazonaws.com";

/** Everything about policies at a pod. */
export function policyEnd(cluster: EmbeddedCluster, pod: KubeObject): PolicyEnd {
  const client = cluster.client();
  const { namespace = "", name, labels } = pod.metadata;
  const isServed = client.get(DEFINITIONS, "", POLICY_ENDPOINTS) !== undefined;
  const selecting = client.list(POLICIES, { namespace }).filter(({ spec }) => compileSelector(spec?.podSelector ?? {})(labels));
  const nameOf = ({ metadata }: KubeObject) => `${metadata.namespace}/${metadata.name}`;
  return {
    pod: { namespace, name, hostNetwork: pod.spec.hostNetwork === true },
    node: pod.spec.nodeName ?? "",
    agent: agentOf(cluster, pod),
    endpoints: isServed ? client.list(POLICY_ENDPOINTS, { namespace }).flatMap(policyEndpoint) : [],
    selecting: selecting.map(nameOf),
    outdated: isServed ? selecting.filter((policy) => isOutdated(cluster, policy)).map(nameOf) : [],
    isControlled: controllerOf(pod) !== undefined,
  };
}

/** The agent of the pod's node: in its aws-node pod, or part of a machine of Auto Mode. Other nodes, those of Fargate among them, have none. */
function agentOf(cluster: EmbeddedCluster, pod: KubeObject): AgentFacts | undefined {
  const node = pod.spec.nodeName ?? "";
  const shared = { nodeAddress: pod.status?.hostIP ?? "", family: cluster.facts.ipFamily === "ipv6" ? 6 : 4 } as const;
  const builtIn = autoModeSetting(cluster, node);
  if (builtIn) {
    const { isDeny, modeSetting } = builtIn;
    return { ...shared, enforces: true, mode: isDeny ? "strict" : "standard", modeSetting, conntrack: CONNTRACK };
  }
  const awsNode = awsNodeOn(cluster, node);
  const container = awsNode?.spec.containers?.find((each: { name: string }) => each.name === AGENT);
  if (!awsNode || !container) return undefined;
  const args: readonly string[] = container.args ?? [];
  const flag = (name: string) => args.findLast((each) => each.startsWith(`--${name}=`))?.slice(name.length + 3);
  const mode = environmentOf(awsNode)[MODE] === "strict" ? "strict" : "standard";
  return {
    ...{ ...shared, enforces: boolean(flag("enable-network-policy"), false), mode, modeSetting: `${MODE}=${mode}` },
    conntrack: {
      cleanupPeriod: integer(flag("conntrack-cache-cleanup-period"), CONNTRACK.cleanupPeriod),
      tableSize: integer(flag("conntrack-cache-table-size"), CONNTRACK.tableSize),
    },
  };
}

/** What the NodeClass of a node of Auto Mode says about pods without policies (EKS User Guide, "Create a Node Class"). Undefined: another node. */
function autoModeSetting(cluster: EmbeddedCluster, name: string): { isDeny: boolean; modeSetting: string } | undefined {
  const client = cluster.client();
  const labels = client.get("nodes", "", name)?.metadata.labels ?? {};
  if (labels["eks.amazonaws.com/compute-type"] !== "auto") return undefined;
  const nodeClass = labels["eks.amazonaws.com/nodeclass"] ?? "";
  const isServed = client.get(DEFINITIONS, "", NODE_CLASSES) !== undefined;
  const setting: string = (isServed && client.get(NODE_CLASSES, "", nodeClass)?.spec?.networkPolicy) || "DefaultAllow";
  return { isDeny: setting === "DefaultDeny", modeSetting: `networkPolicy ${setting} of NodeClass ${nodeClass}` };
}

/** Whether the policy's objects, if the controller has made any, list something else than the policy means by now. */
function isOutdated(cluster: EmbeddedCluster, policy: KubeObject): boolean {
  const present = endpointsOf(cluster.client(), policy).map(({ spec }) => listsOf(spec));
  if (present.length === 0) return false;
  const wanted = resolvePolicy(policy, policyView(cluster.running.stores));
  const sorted = <T>(values: readonly T[], key: (value: T) => string) => values.map(key).sort().join("; ");
  const all = <K extends keyof Lists>(kind: K) => present.flatMap((lists): readonly Lists[K][number][] => lists[kind]);
  return (
    sorted(wanted.ingress, entryKey) !== sorted(all("ingress"), entryKey) ||
    sorted(wanted.egress, entryKey) !== sorted(all("egress"), entryKey) ||
    sorted(wanted.podSelectorEndpoints, podKey) !== sorted(all("podSelectorEndpoints"), podKey)
  );
}
