// The way by EKS Pod Identity: token, agent, node role, EKS Auth, trust policy with session tags, target role.
import type { AccessReport, PodStep } from "../../base/access-report.ts";
import type { ServiceAssumeRole } from "../../services/ports.ts";
import type { AssociationView, PodCase, Way } from "./pod-case.ts";
import { openToken } from "./token.ts";

const SERVICE = "pods.eks.amazonaws.com";
const REFUSED = "Unauthorized Exception! EKS does not have permissions to assume the associated role.";
const ANSWER = { code: "AccessDeniedException", message: REFUSED, status: 400 };
const DIRECT_SECONDS = 6 * 3600;
const CHAINED_SECONDS = 59 * 60;

/** Explains the exchange of a pod's token for its association's credentials. */
export async function explainPodIdentity(there: PodCase): Promise<Way> {
  const steps: PodStep[] = [];
  const opened = await openToken(there, "eks-pod-identity-token");
  steps.push(opened.step);
  if (opened.step.verdict === "fails") return { steps };
  steps.push(await agentStep(there));
  if (steps.at(-1)?.verdict === "fails") return { steps };
  const permission = nodePermission(there);
  steps.push(permission);
  const refused = permission.decisions?.[0]?.answer;
  if (permission.verdict === "fails") return { steps, ...(refused && { answer: { ...refused, status: 400 } }) };
  const { association, namespace, serviceAccount, cluster } = there;
  if (!association) {
    const message = `No association found for service account ${namespace}/${serviceAccount} in cluster ${cluster.facts.name}.`;
    steps.push({ step: "association", verdict: "fails", text: message });
    return { steps, answer: { code: "ResourceNotFoundException", message, status: 404 } };
  }
  return assumption(there, association, steps);
}

async function agentStep({ cluster, pod, sources }: PodCase): Promise<PodStep> {
  const url = await sources.nodes.byName(cluster.facts.key, pod.spec.nodeName)?.agentUrl();
  if (url) return { step: "agent", verdict: "ok", text: `an eks-pod-identity-agent runs on ${pod.spec.nodeName}`, facts: { url } };
  const text = `no eks-pod-identity-agent runs on ${pod.spec.nodeName}; install it with: aws eks create-addon --cluster-name ${cluster.facts.name} --addon-name eks-pod-identity-agent`;
  return { step: "agent", verdict: "fails", text };
}

/** The agent calls EKS Auth as the node's role, which needs the permission. */
function nodePermission({ cluster, clusterArn, pod, sources }: PodCase): PodStep {
  const node = sources.nodes.byName(cluster.facts.key, pod.spec.nodeName);
  const role = node && sources.directory.role(node.boot.nodeRoleArn);
  if (!node || !role) return { step: "node role", verdict: "fails", text: `the role of node ${pod.spec.nodeName} does not exist` };
  const caller = sources.sessions.callerFor(role, node.boot.instanceId);
  const facts = {
    requestId: "explain",
    region: cluster.facts.region,
    sourceIp: node.boot.privateIpAddress,
    userAgent: "",
    now: sources.clock.now(),
    secureTransport: true,
  };
  const report = sources.explainer.explain(caller, { action: "eks-auth:AssumeRoleForPodIdentity", resources: [clusterArn] }, facts);
  const text = `${role.arn} ${report.allowed ? "may" : "may not"} call eks-auth:AssumeRoleForPodIdentity on the cluster`;
  return { step: "node role", verdict: report.allowed ? "ok" : "fails", text, decisions: [report] };
}

function assumption(there: PodCase, association: AssociationView, before: readonly PodStep[]): Way {
  const { cluster, clusterArn, pod, namespace, serviceAccount, sources } = there;
  const { region, partition, account, name } = cluster.facts;
  const { disableSessionTags, targetRoleArn, externalId, policy, roleArn } = association;
  const tags = disableSessionTags
    ? undefined
    : {
        "eks-cluster-arn": clusterArn,
        "eks-cluster-name": name,
        "kubernetes-namespace": namespace,
        "kubernetes-service-account": serviceAccount,
        "kubernetes-pod-name": pod.metadata.name,
        "kubernetes-pod-uid": pod.metadata.uid,
      };
  const steps: PodStep[] = [
    ...before,
    {
      step: "session tags",
      verdict: "ok",
      text: tags
        ? Object.entries(tags)
            .map(([key, value]) => `${key}=${value}`)
            .join(", ")
        : "none: the association disables them",
      ...(tags && { facts: tags }),
    },
  ];
  const sessionName = `eks-${name.slice(0, 11)}-${pod.metadata.name.slice(0, 10)}-<uuid>`.replace(
    "<uuid>",
    "00000000-0000-0000-0000-000000000000",
  );
  const first: ServiceAssumeRole = {
    caller: {
      kind: "service",
      partition,
      accountId: account,
      arn: SERVICE,
      userId: SERVICE,
      service: SERVICE,
      sourceArn: clusterArn,
      sourceAccount: account,
    },
    ...{ region, roleArn, sessionName, durationSeconds: targetRoleArn ? CHAINED_SECONDS : DIRECT_SECONDS },
    ...(tags && { tags, transitiveTagKeys: Object.keys(tags) }),
    ...(policy !== undefined && !targetRoleArn && { policy }),
  };
  const direct = sources.rehearsal.assumeRole(first);
  steps.push(trustStep("trust policy", roleArn, direct));
  if (direct.answer || !targetRoleArn || !direct.caller) return ended(steps, direct);
  const target = sources.rehearsal.assumeRole({
    ...{ caller: direct.caller, region, roleArn: targetRoleArn, sessionName, durationSeconds: CHAINED_SECONDS },
    ...(disableSessionTags && externalId !== undefined && { externalId }),
    ...(policy !== undefined && { policy }),
  });
  steps.push(trustStep("target role", targetRoleArn, target));
  return ended(steps, target);
}

interface Outcome {
  readonly decisions: readonly AccessReport[];
  readonly session?: string;
  readonly answer?: { readonly code: string; readonly message: string };
}

function trustStep(step: string, roleArn: string, { decisions, answer }: Outcome): PodStep {
  const text = answer ? `${roleArn} cannot be assumed: ${answer.message}` : `${roleArn} can be assumed`;
  return { step, verdict: answer ? "fails" : "ok", text, decisions };
}

function ended(steps: readonly PodStep[], { session, answer }: Outcome): Way {
  const outcome: PodStep = answer
    ? { step: "eks-auth:AssumeRoleForPodIdentity", verdict: "fails", text: `${ANSWER.status} ${ANSWER.code}: ${ANSWER.message}` }
    : { step: "eks-auth:AssumeRoleForPodIdentity", verdict: "ok", text: `${session}` };
  return { steps: [...steps, outcome], ...(session !== undefined && { session }), ...(answer && { answer: ANSWER }) };
}
