// Network policies around one pod, as the judgement needs them: the agent of its node, PolicyEndpoints, and the policies themselves.

import type { EmbeddedCluster } from "../../clusters/embedded-cluster.ts";
import { endpointsOf, policyView } from "../../clusters/network-policy/endpoints.ts";
import type { PolicyEnd } from "../../cni/explain/network-policy.ts";
import { type AgentFacts, CONNTRACK } from "../../cni/network-policy/agent.ts";
import { resolvePolicy } from "../../cni/network-policy/resolve.ts";
import { listsOf, POLICIES, POLICY_ENDPOINTS, policyEndpoint } from "../../cni/network-policy/types.ts";
import { integer } from "../../cni/settings/parse.ts";
import type { KubeObject } from "../../kubernetes/api/object.ts";
import { canonical } from "../../kubernetes/runtime/hash.ts";
import { controllerOf } from "../../kubernetes/runtime/owners.ts";
import { compileSelector } from "../../kubernetes/runtime/selectors.ts";
import { environmentOf } from "../cni-host.ts";
import { awsNodeOn } from "./node-view.ts";

const AGENT = "aws-eks-nodeagent";

/** Everything about policies at a pod. */
export function policyEnd(cluster: EmbeddedCluster, pod: KubeObject): PolicyEnd {
  const client = cluster.client();
  const { namespace = "", name, labels } = pod.metadata;
  const isServed = client.get("customresourcedefinitions.apiextensions.k8s.io", "", POLICY_ENDPOINTS) !== undefined;
  const selecting = client.list(POLICIES, { namespace }).filter(({ spec }) => compileSelector(spec?.podSelector ?? {})(labels));
  const nameOf = ({ metadata }: KubeObject) => `${metadata.namespace}/${metadata.name}`;
  return {
    pod: { namespace, name, hostNetwork: pod.spec.hostNetwork === true },
    node: pod.spec.nodeName ?? "",
    agent: agentOf(cluster, pod),
    endpoints: isServed ? client.list(POLICY_ENDPOINTS, { namespace }).map(policyEndpoint) : [],
    selecting: selecting.map(nameOf),
    outdated: isServed ? selecting.filter((policy) => isOutdated(cluster, policy)).map(nameOf) : [],
    isControlled: controllerOf(pod) !== undefined,
  };
}

/** The agent in the node's aws-node pod. Nodes without such a pod, those of Fargate among them, have none. */
function agentOf(cluster: EmbeddedCluster, pod: KubeObject): AgentFacts | undefined {
  const awsNode = awsNodeOn(cluster, pod.spec.nodeName ?? "");
  const container = awsNode?.spec.containers?.find((each: { name: string }) => each.name === AGENT);
  if (!awsNode || !container) return undefined;
  const flags = new Map((container.args ?? []).map((flag: string) => flag.replace(/^--/, "").split("=") as [string, string]));
  const number = (flag: string, otherwise: number) => integer(flags.get(flag) as string | undefined, otherwise);
  return {
    enforces: flags.get("enable-network-policy") === "true",
    mode: environmentOf(awsNode).NETWORK_POLICY_ENFORCING_MODE === "strict" ? "strict" : "standard",
    nodeAddress: pod.status?.hostIP ?? "",
    family: cluster.facts.ipFamily === "ipv6" ? 6 : 4,
    conntrack: {
      cleanupPeriod: number("conntrack-cache-cleanup-period", CONNTRACK.cleanupPeriod),
      tableSize: number("conntrack-cache-table-size", CONNTRACK.tableSize),
    },
  };
}

/** Whether the policy's objects, if the controller has made any, list something else than the policy means by now. */
function isOutdated(cluster: EmbeddedCluster, policy: KubeObject): boolean {
  const present = endpointsOf(cluster.client(), policy).map(({ spec }) => listsOf(spec));
  if (present.length === 0) return false;
  const wanted = resolvePolicy(policy, policyView(cluster.running.stores));
  const kinds = ["ingress", "egress", "podSelectorEndpoints"] as const;
  const sorted = (values: readonly unknown[]) => values.map(canonical).sort().join();
  return kinds.some((kind) => sorted(wanted[kind]) !== sorted(present.flatMap((lists) => lists[kind] as readonly unknown[])));
}
