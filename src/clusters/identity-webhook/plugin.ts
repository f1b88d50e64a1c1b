// The EKS identity webhook as an admission plugin: IRSA and Pod Identity for new pods (spec identity §2.9).
import { type Random, randomInt } from "../../base/random.ts";
import type { AdmissionPlugin } from "../../kubernetes/admission/types.ts";
import type { NewObject } from "../../kubernetes/api/object.ts";
import { irsa, podIdentity } from "./methods.ts";
import { applyMethod } from "./mutate-pod.ts";
import { type Annotations, readSettings, SKIP_LABEL } from "./settings.ts";

/** What the webhook looks up. */
export interface IdentitySources {
  /** Annotations of a service account; undefined if it does not exist. */
  serviceAccount(namespace: string, name: string): { readonly annotations: Annotations } | undefined;
  /** Whether a Pod Identity association exists for the service account. */
  hasAssociation(namespace: string, serviceAccount: string): boolean;
}

/** Settings of one cluster's webhook. */
export interface IdentityWebhookOptions extends IdentitySources {
  readonly region: string;
  readonly agentUri: string;
  readonly random: Random;
}

const DEFAULT_EXPIRATION = 86_400;
/** Pod Identity tokens of the default life get one drawn from this range, so that a fleet does not refresh at once. */
const JITTER_MIN = 79_200;

/** Mutates pods at creation only; never refuses one (failurePolicy Ignore). */
export function identityWebhook(options: IdentityWebhookOptions): AdmissionPlugin {
  return {
    name: "PodIdentityWebhook",
    mutate({ operation, group, resource, subresource, namespace, object }) {
      if (operation !== "CREATE" || group !== "" || resource !== "pods" || subresource !== "" || !object?.spec) return;
      if (object.metadata.labels && SKIP_LABEL in object.metadata.labels) return;
      mutate(object, object.metadata.namespace ?? namespace, options);
    },
  };
}

function mutate(pod: NewObject, namespace: string, options: IdentityWebhookOptions): void {
  const name: string = pod.spec.serviceAccountName || "default";
  const account = options.serviceAccount(namespace, name);
  if (!account) return;
  const settings = readSettings(pod, account.annotations, true);
  const { region } = options;
  if (options.hasAssociation(namespace, name)) {
    pod.metadata.labels = { ...pod.metadata.labels, "eks.amazonaws.com/pod-identity": "enabled" };
    const expiration =
      settings.expirationSeconds === DEFAULT_EXPIRATION
        ? JITTER_MIN + randomInt(options.random, DEFAULT_EXPIRATION - JITTER_MIN + 1)
        : settings.expirationSeconds;
    applyMethod(pod, podIdentity(options.agentUri, expiration, isWindows(pod)), { ...settings, region });
  } else if (settings.roleArn) {
    applyMethod(pod, irsa(settings.roleArn, settings.audience, settings.expirationSeconds, isWindows(pod)), { ...settings, region });
  }
}

function isWindows(pod: NewObject): boolean {
  const selector: Record<string, string> = pod.spec.nodeSelector ?? {};
  return selector["kubernetes.io/os"] === "windows" || selector["beta.kubernetes.io/os"] === "windows";
}
