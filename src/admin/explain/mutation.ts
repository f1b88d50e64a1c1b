// What entitles a pod to credentials, what the identity webhook made of it, and where the SDK's chain will look first.
import type { PodReport, PodStep } from "../../base/access-report.ts";
import type { PodCase } from "./pod-case.ts";

const PREFIX = "eks.amazonaws.com";
const SKIP_LABEL = `${PREFIX}/skip-pod-identity-webhook`;
const ROLE_ARN = /^arn:aws[a-z0-9-]*:iam::\d{12}:role\/[\w\-/.@+=,]+$/;
/** Variables of the chain's sources, in the order in which SDKs try them. */
const SOURCES = [
  ["environment", "AWS_ACCESS_KEY_ID"],
  ["irsa", "AWS_WEB_IDENTITY_TOKEN_FILE"],
  ["pod-identity", "AWS_CONTAINER_CREDENTIALS_FULL_URI"],
] as const;

interface Container {
  readonly name: string;
  readonly env?: readonly { readonly name: string; readonly value?: string }[];
}

/** The first part of the way. */
export interface Mutation {
  readonly steps: readonly PodStep[];
  readonly method: PodReport["method"];
  /** Literal variables of the container that was looked at: the first that has credentials, or the first. */
  readonly env: Readonly<Record<string, string>>;
}

/** Entitlement, mutation and chain of a pod. */
export function explainMutation(there: PodCase): Mutation {
  const { cluster, namespace, serviceAccount, pod } = there;
  const account = cluster.client().get("serviceaccounts", namespace, serviceAccount);
  const annotation = account?.metadata.annotations?.[`${PREFIX}/role-arn`] as string | undefined;
  const containers: Container[] = pod.spec.containers ?? [];
  const environments = containers.map((container) => ({ name: container.name, env: literals(container) }));
  const chosen = environments.find(({ env }) => methodOf(env)) ?? environments[0];
  const env = chosen?.env ?? {};
  const method = methodOf(env) ?? "instance-metadata";
  const steps = [entitlement(there, annotation, account !== undefined), webhook(there, annotation, method)];
  const text =
    method === "instance-metadata"
      ? "no credential variables: the SDK goes on to the instance's metadata"
      : `container ${chosen?.name}: ${SOURCES.find(([source]) => source === method)?.[1]} comes first in the SDK's chain (environment keys, web identity, container, instance metadata)`;
  const facts = Object.fromEntries(environments.map(({ name, env: all }) => [name, awsOnly(all)]));
  return { steps: [...steps, { step: "credential chain", verdict: "ok", text, facts }], method, env };
}

const methodOf = (env: Readonly<Record<string, string>>) => SOURCES.find(([, variable]) => env[variable] !== undefined)?.[0];

function literals({ env = [] }: Container): Record<string, string> {
  return Object.fromEntries(env.map(({ name, value = "" }) => [name, value]));
}

const awsOnly = (env: Readonly<Record<string, string>>) =>
  Object.fromEntries(Object.entries(env).filter(([name]) => name.startsWith("AWS_") && !/SECRET|TOKEN$/.test(name)));

function entitlement({ association, serviceAccount }: PodCase, annotation: string | undefined, exists: boolean): PodStep {
  const facts = { association, annotation };
  if (association) {
    const ignored = annotation ? `; the annotation ${PREFIX}/role-arn (${annotation}) is ignored because of it` : "";
    return {
      step: "entitlement",
      verdict: "ok",
      text: `Pod Identity association ${association.id} gives ${association.roleArn}${ignored}`,
      facts,
    };
  }
  if (annotation !== undefined) {
    const wellFormed = ROLE_ARN.test(annotation);
    const text = `annotation ${PREFIX}/role-arn gives ${annotation}${wellFormed ? "" : ", which is not the ARN of a role"}`;
    return { step: "entitlement", verdict: wellFormed ? "ok" : "warns", text, facts };
  }
  const missing = exists ? "" : " (the service account does not exist)";
  return {
    step: "entitlement",
    verdict: "warns",
    text: `service account ${serviceAccount} has neither an association nor an annotation${missing}`,
    facts,
  };
}

function webhook({ pod, association }: PodCase, annotation: string | undefined, method: PodReport["method"]): PodStep {
  const volumes: { name: string; projected?: object }[] = pod.spec.volumes ?? [];
  const added = volumes.filter(({ name }) => name === "aws-iam-token" || name === "eks-pod-identity-token");
  const facts = { volumes: added, label: pod.metadata.labels?.[`${PREFIX}/pod-identity`] };
  const wanted = association ? "pod-identity" : annotation ? "irsa" : undefined;
  const step = "webhook";
  if (pod.metadata.labels && SKIP_LABEL in pod.metadata.labels) {
    return { step, verdict: wanted ? "warns" : "ok", text: `not called: the pod has the label ${SKIP_LABEL}`, facts };
  }
  if (added.length === 0) {
    const late = wanted ? "; associations and annotations act on new pods only: delete the pod so that it is made anew" : "";
    return { step, verdict: wanted ? "warns" : "ok", text: `left the pod unchanged when it was created${late}`, facts };
  }
  const text = `added volume ${added.map(({ name }) => name).join(", ")}, its mount and the credential variables`;
  if (wanted !== undefined && method !== wanted)
    return { step, verdict: "warns", text: `${text}, but a ${method} setting of the pod wins`, facts };
  return { step, verdict: "ok", text, facts };
}
