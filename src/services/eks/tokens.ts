// Client request tokens: the same request again answers what the first one did (spec eks-control-plane §1.5).
import { createHash } from "node:crypto";
import { invalidParameter } from "./errors.ts";
import type { EksState } from "./state.ts";

const LIFETIME_MS = 24 * 3600 * 1000;

/** One use of a token. */
export interface TokenUse {
  /** Key of the cluster the request is about. */
  readonly clusterKey: string;
  readonly operation: string;
  readonly token: string | undefined;
  readonly input: object;
  /** Epoch milliseconds. */
  readonly now: number;
}

/**
 * What an earlier request with this token made, or undefined if the token is new (or absent, or older than a day).
 * Throws InvalidParameterException if the earlier request had other parameters.
 */
export function earlierResult(state: EksState, use: TokenUse): string | undefined {
  if (!use.token) return undefined;
  const record = state.tokens.get(key(use));
  if (!record || use.now - record.usedAt >= LIFETIME_MS) return undefined;
  if (record.digest !== digest(use.input)) {
    throw invalidParameter("The clientRequestToken was already used with different parameters");
  }
  return record.result;
}

/** Remembers what a request made; forgets the cluster's expired tokens. */
export function rememberResult(state: EksState, use: TokenUse, result: string): void {
  if (!use.token) return;
  for (const [other, record] of state.tokens.entries(`${use.clusterKey}/`)) {
    if (use.now - record.usedAt >= LIFETIME_MS) state.tokens.delete(other);
  }
  state.tokens.put(key(use), { digest: digest(use.input), result, usedAt: use.now });
}

const key = (use: TokenUse) => `${use.clusterKey}/${use.operation}/${use.token}`;

function digest(input: object): string {
  const { clientRequestToken: _, ...rest } = input as { clientRequestToken?: unknown };
  return createHash("sha256").update(canonical(rest)).digest("base64url");
}

function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (value && typeof value === "object" && !(value instanceof Date)) {
    const members = Object.entries(value).filter(([, member]) => member !== undefined && member !== null);
    return `{${members
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, member]) => `${JSON.stringify(name)}:${canonical(member)}`)
      .join(",")}}`;
  }
  return JSON.stringify(value ?? null);
}
