// Pages of list operations: opaque tokens bound to the operation and its parameters (spec eks-control-plane §1.6).
import { createHash } from "node:crypto";
import { invalidParameter } from "./errors.ts";

/** What every list operation takes. */
export interface PageRequest {
  readonly maxResults?: number | undefined;
  readonly nextToken?: string | undefined;
}

/**
 * Cuts the page a request asks for out of `items`, which must come in a stable order. `id` names an item uniquely; a page begins after
 * the item its token names, also if that one is gone. `binding` is the operation and the parameters the token is good for.
 * Throws InvalidParameterException for a bad page size or a foreign token.
 */
export function page<T>(
  items: readonly T[],
  { maxResults, nextToken }: PageRequest,
  binding: readonly unknown[],
  id: (item: T) => string,
): { page: T[]; nextToken: string | undefined } {
  const size = maxResults ?? 100;
  if (!Number.isInteger(size) || size < 1 || size > 100) {
    throw invalidParameter(`Value '${maxResults}' at 'maxResults' failed to satisfy constraint: Member must be between 1 and 100`);
  }
  const bound = digest(binding);
  const start = nextToken === undefined || nextToken === "" ? 0 : position(items, nextToken, bound, id);
  const cut = items.slice(start, start + size);
  const end = start + cut.length;
  return { page: cut, nextToken: end < items.length ? encode(bound, end, id(cut[cut.length - 1]!)) : undefined };
}

const digest = (binding: readonly unknown[]) => createHash("sha256").update(JSON.stringify(binding)).digest("base64url").slice(0, 16);

const encode = (bound: string, end: number, last: string) => Buffer.from(JSON.stringify([bound, end, last])).toString("base64url");

function position<T>(items: readonly T[], token: string, bound: string, id: (item: T) => string): number {
  const [tokenBound, end, last] = decode(token);
  if (tokenBound !== bound || typeof end !== "number" || typeof last !== "string") throw invalidParameter("Invalid nextToken");
  const found = items.findIndex((item) => id(item) === last);
  return found === -1 ? Math.min(end, items.length) : found + 1;
}

function decode(token: string): unknown[] {
  try {
    const value: unknown = JSON.parse(Buffer.from(token, "base64url").toString());
    return Array.isArray(value) ? value : [];
  } catch {
    return [];
  }
}
