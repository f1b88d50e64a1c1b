// `atoll explain pod`: a pod's way to its AWS credentials, step by step, ending where it fails.
import type { PodReport, PodStep } from "../../base/access-report.ts";
import type { EmbeddedCluster } from "../../clusters/embedded-cluster.ts";
import { explainMutation, type Mutation } from "./mutation.ts";
import type { PodCase, PodSources, Way } from "./pod-case.ts";
import { explainPodIdentity } from "./pod-identity-path.ts";
import { ExplainError } from "./principal.ts";
import { explainWebIdentity } from "./web-identity-path.ts";

/** Explains one pod. Throws ExplainError if it does not exist. */
export async function explainPod(cluster: EmbeddedCluster, namespace: string, name: string, sources: PodSources): Promise<PodReport> {
  const pod = cluster.client().get("pods", namespace, name);
  if (!pod)
    throw new ExplainError(`There is no pod ${namespace}/${name} in cluster ${cluster.facts.name}; list them with: kubectl get pods -A`);
  const serviceAccount: string = pod.spec.serviceAccountName || "default";
  const { partition, region, account, name: clusterName, key } = cluster.facts;
  const clusterArn = `arn:${partition}:eks:${region}:${account}:cluster/${clusterName}`;
  const association = sources.association(key, namespace, serviceAccount);
  const there: PodCase = { cluster, clusterArn, pod, namespace, serviceAccount, association, sources };
  const mutation = explainMutation(there);
  const rest = await wayOf(there, mutation);
  const steps = [whereItRuns(there), ...mutation.steps, ...rest.steps];
  return {
    ...{ pod: `${namespace}/${name}`, cluster: clusterArn, serviceAccount: `${namespace}/${serviceAccount}`, method: mutation.method },
    steps,
    ...(rest.session !== undefined && { session: rest.session }),
    ...(rest.answer && { answer: rest.answer }),
  };
}

function whereItRuns({ pod, serviceAccount }: PodCase): PodStep {
  const phase = pod.status?.phase ?? "Pending";
  const node = pod.spec.nodeName as string | undefined;
  return {
    step: "pod",
    verdict: phase === "Running" ? "ok" : "warns",
    text: `${phase}${node ? ` on ${node}` : ", on no node yet"}, service account ${serviceAccount}`,
    facts: { uid: pod.metadata.uid, createdAt: pod.metadata.creationTimestamp, phase, node },
  };
}

async function wayOf(there: PodCase, { method, env }: Mutation): Promise<Way> {
  if (method === "pod-identity") return explainPodIdentity(there);
  if (method === "irsa") return explainWebIdentity(there, env.AWS_ROLE_ARN ?? "", env.AWS_ROLE_SESSION_NAME);
  if (method === "instance-metadata") return nodeRole(there);
  return { steps: [] };
}

async function nodeRole({ cluster, pod, sources }: PodCase): Promise<Way> {
  const step = "instance metadata";
  const node = sources.nodes.byName(cluster.facts.key, pod.spec.nodeName);
  const role = node && sources.directory.role(node.boot.nodeRoleArn);
  if (!node || !role) return { steps: [{ step, verdict: "fails", text: "the pod's node has no role" }] };
  const reachable = await node.imdsUrl({ hostNetwork: pod.spec.hostNetwork === true });
  if (!reachable) {
    const text = "the instance does not let the pod reach its metadata: HttpEndpoint is disabled or HttpPutResponseHopLimit is 1";
    return { steps: [{ step, verdict: "fails", text }] };
  }
  const text = `the SDK falls back to the instance's metadata and acts as the node role ${role.arn}`;
  return { steps: [{ step, verdict: "warns", text }], session: sources.sessions.callerFor(role, node.boot.instanceId).arn };
}
