// What the identity webhook reads from a pod and its service account (spec identity §2.9, inputs).
import type { NewObject } from "../../kubernetes/api/object.ts";

const PREFIX = "eks.amazonaws.com";
const DEFAULT_AUDIENCE = "sts.amazonaws.com";
const DEFAULT_EXPIRATION = 86_400;
const MIN_EXPIRATION = 600;

/** Annotations of a service account. */
export type Annotations = Readonly<Record<string, string>> | undefined;

/** Settings in force for one pod. */
export interface IdentitySettings {
  readonly roleArn: string | undefined;
  readonly audience: string;
  readonly regionalSts: boolean;
  /** Seconds, at least 600. */
  readonly expirationSeconds: number;
  readonly skippedContainers: ReadonlySet<string>;
}

/** Pods with this label never reach the webhook. */
export const SKIP_LABEL = `${PREFIX}/skip-pod-identity-webhook`;

/** Reads the settings. `regionalStsDefault` is the server's default for AWS_STS_REGIONAL_ENDPOINTS. */
export function readSettings(pod: NewObject, serviceAccount: Annotations, regionalStsDefault: boolean): IdentitySettings {
  const podAnnotations: Annotations = pod.metadata.annotations;
  return {
    roleArn: serviceAccount?.[`${PREFIX}/role-arn`] || undefined,
    audience: serviceAccount?.[`${PREFIX}/audience`] || DEFAULT_AUDIENCE,
    regionalSts: parseBool(serviceAccount?.[`${PREFIX}/sts-regional-endpoints`]) ?? regionalStsDefault,
    expirationSeconds: Math.max(
      MIN_EXPIRATION,
      parseSeconds(podAnnotations?.[`${PREFIX}/token-expiration`]) ??
        parseSeconds(serviceAccount?.[`${PREFIX}/token-expiration`]) ??
        DEFAULT_EXPIRATION,
    ),
    skippedContainers: new Set((podAnnotations?.[`${PREFIX}/skip-containers`] ?? "").split(",").map((name) => name.trim())),
  };
}

/** Go's strconv.ParseBool. */
function parseBool(text: string | undefined): boolean | undefined {
  if (text === undefined) return undefined;
  if (["1", "t", "T", "TRUE", "true", "True"].includes(text)) return true;
  if (["0", "f", "F", "FALSE", "false", "False"].includes(text)) return false;
  return undefined;
}

function parseSeconds(text: string | undefined): number | undefined {
  return text !== undefined && /^[+-]?\d{1,18}$/.test(text) ? Number(text) : undefined;
}
