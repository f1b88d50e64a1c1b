// Verifies service account tokens for those outside the cluster: EKS Auth (spec identity §3.4).
import { createLocalJWKSet, errors, type JWTPayload, jwtVerify } from "jose";
import type { Clock } from "../base/clock.ts";
import type { TokenVerdict } from "../services/ports.ts";
import type { EmbeddedCluster } from "./embedded-cluster.ts";

interface Named {
  readonly name: string;
  readonly uid: string;
}

interface KubernetesClaims {
  readonly namespace: string;
  readonly serviceaccount: Named;
  readonly pod?: Named;
  readonly node?: Named;
}

/** Checks signature, issuer, audience and time, and that pod and service account still are the ones the token was made for. */
export async function verifyPodToken(cluster: EmbeddedCluster, token: string, audience: string, clock: Clock): Promise<TokenVerdict> {
  let payload: JWTPayload;
  try {
    const verified = await jwtVerify(token, createLocalJWKSet(cluster.keys.jwks() as never), {
      algorithms: ["RS256"],
      issuer: cluster.issuer,
      audience,
      currentDate: new Date(clock.now()),
      requiredClaims: ["exp", "iat", "sub"],
    });
    payload = verified.payload;
  } catch (error) {
    // The library checks the claims after the signature, so an expired token reported here is otherwise sound.
    if (error instanceof errors.JWTExpired) return { kind: "expired", expiredAt: (error.payload.exp ?? 0) * 1000 };
    return { kind: "invalid", reason: (error as Error).message };
  }
  return checkBinding(cluster, payload["kubernetes.io"] as KubernetesClaims | undefined);
}

function checkBinding(cluster: EmbeddedCluster, claims: KubernetesClaims | undefined): TokenVerdict {
  const invalid = (reason: string): TokenVerdict => ({ kind: "invalid", reason });
  if (!claims?.pod || !claims.serviceaccount) return invalid("the token is not bound to a pod");
  const { namespace, serviceaccount, pod, node } = claims;
  const client = cluster.client();
  const account = client.get("serviceaccounts", namespace, serviceaccount.name);
  if (account?.metadata.uid !== serviceaccount.uid) return invalid("the service account is gone");
  const live = client.get("pods", namespace, pod.name);
  if (live?.metadata.uid !== pod.uid) return invalid("the pod is gone");
  if (node && live.spec?.nodeName !== node.name) return invalid("the pod is on another node");
  return {
    kind: "valid",
    claims: {
      namespace,
      serviceAccount: serviceaccount.name,
      serviceAccountUid: serviceaccount.uid,
      podName: pod.name,
      podUid: pod.uid,
      ...(node && { nodeName: node.name }),
    },
  };
}
