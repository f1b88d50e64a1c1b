// Projected service account tokens, requested only when somebody wants to read one.
import type { Clock } from "../../base/clock.ts";
import type { KubeObject } from "../api/object.ts";
import type { KubeClient } from "../client/client.ts";
import { parseTime } from "../runtime/time.ts";

/** A token and when it ends (RFC 3339). */
export interface PodToken {
  readonly token: string;
  readonly expirationTimestamp: string;
}

/** A `serviceAccountToken` source of a projected volume. */
export interface TokenSource {
  readonly audience?: string;
  readonly expirationSeconds?: number;
  readonly path: string;
}

/** Every token file of a pod: volume, path in it, and its source. */
export function tokenSources(pod: KubeObject): { volume: string; source: TokenSource }[] {
  return (pod.spec.volumes ?? []).flatMap((volume: any) =>
    (volume.projected?.sources ?? []).flatMap((each: any) =>
      each.serviceAccountToken ? [{ volume: volume.name, source: each.serviceAccountToken }] : [],
    ),
  );
}

/** Tokens of pods, kept until 80 % of their life or 24 hours have passed, as the kubelet does. */
export class PodTokens {
  readonly #client: (node: string) => KubeClient;
  readonly #clock: Clock;
  readonly #cache = new Map<string, { token: PodToken; renewAt: number }>();

  /** `clientFor` gives the client of a node: only a pod's own kubelet may ask for its tokens. */
  constructor(clientFor: (node: string) => KubeClient, clock: Clock) {
    this.#client = clientFor;
    this.#clock = clock;
  }

  /** The token a pod reads at `source`, bound to the pod. Rejects with StatusError if the API refuses. */
  async tokenFor(pod: KubeObject, source: TokenSource): Promise<PodToken> {
    const { namespace = "", name, uid } = pod.metadata;
    const key = JSON.stringify([uid, source.audience ?? "", source.expirationSeconds ?? 3600]);
    const now = this.#clock.now();
    const cached = this.#cache.get(key);
    if (cached && cached.renewAt > now) return cached.token;
    const spec = {
      audiences: source.audience ? [source.audience] : [],
      expirationSeconds: source.expirationSeconds ?? 3600,
      boundObjectRef: { apiVersion: "v1", kind: "Pod", name, uid },
    };
    const request = { apiVersion: "authentication.k8s.io/v1", kind: "TokenRequest", metadata: {}, spec };
    const account = pod.spec.serviceAccountName ?? "default";
    const answer = await this.#client(pod.spec.nodeName).post<KubeObject>("serviceaccounts", namespace, account, "token", request);
    const token = answer.status as PodToken;
    const life = parseTime(token.expirationTimestamp) - now;
    this.#cache.set(key, { token, renewAt: now + Math.min(life * 0.8, 24 * 3_600_000) });
    return token;
  }

  /** Forgets the tokens of a pod that is gone. */
  forget(uid: string): void {
    for (const key of this.#cache.keys()) if (key.startsWith(`["${uid}"`)) this.#cache.delete(key);
  }
}
