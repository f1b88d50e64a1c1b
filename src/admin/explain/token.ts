// The token a pod reads from one of its projected volumes, opened.
import type { PodStep } from "../../base/access-report.ts";
import type { PodCase } from "./pod-case.ts";

/** The token in a volume and the step that tells of it. */
export interface OpenedToken {
  readonly step: PodStep;
  readonly token?: string;
  readonly claims?: Readonly<Record<string, unknown>>;
}

/** Reads the service account token of a volume, as the pod's kubelet would. */
export async function openToken({ pod, cluster, sources }: PodCase, volumeName: string): Promise<OpenedToken> {
  const step = "token";
  const volume = pod.spec.volumes?.find((each: { name: string }) => each.name === volumeName);
  const source = volume?.projected?.sources?.find(
    (each: { serviceAccountToken?: object }) => each.serviceAccountToken,
  )?.serviceAccountToken;
  if (!source) return { step: { step, verdict: "fails", text: `the pod has no volume ${volumeName} with a service account token` } };
  if (!pod.spec.nodeName) return { step: { step, verdict: "fails", text: "no kubelet has asked for the token: the pod is on no node" } };
  try {
    const { token, expirationTimestamp } = await sources.identities.token(cluster, pod, source);
    const claims = JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString()) as Record<string, unknown>;
    const text = `sub ${claims.sub}, aud ${[claims.aud].flat().join(", ")}, iss ${claims.iss}, until ${expirationTimestamp}`;
    return { step: { step, verdict: "ok", text, facts: claims }, token, claims };
  } catch (error) {
    return { step: { step, verdict: "fails", text: `the API server gives no token: ${(error as Error).message}` } };
  }
}
